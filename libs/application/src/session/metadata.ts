// Metadata of a session: bytes by keys, sealed as one text, so that how many there are is not told either.

import { type Entry, IsEntryList } from '#application/input.js';
import {
  metadataKeyCharactersMax,
  sessionMetadataMax,
  sessionMetadataValueBytesMax,
} from '#application/limits.js';
import type { Sealer } from '#application/sealer.js';
import type { Sealed, SessionId } from '#domain/ids.js';

/** An empty value takes its key away. */
export const IsSessionMetadata = (): PropertyDecorator =>
  IsEntryList({
    minimum: 0,
    maximum: sessionMetadataMax,
    keyCharacters: metadataKeyCharactersMax,
    valueBytes: sessionMetadataValueBytesMax,
    mayTakeAway: true,
  });

/** In base64, by their keys. */
export type SessionMetadata = Readonly<Record<string, string>>;

export const noMetadata: SessionMetadata = {};

export const openMetadata = (sealer: Sealer, sealed: Sealed, sessionId: SessionId): SessionMetadata =>
  JSON.parse(sealer.openText('session-metadata', sealed, sessionId));

export const sealMetadata = (sealer: Sealer, metadata: SessionMetadata, sessionId: SessionId): Sealed =>
  sealer.seal('session-metadata', JSON.stringify(metadata), sessionId);

/** Null where nothing changes. */
export function changedMetadata(present: SessionMetadata, entries: readonly Entry[]): SessionMetadata | null {
  const after = new Map(Object.entries(present));
  for (const { key, value } of entries) {
    if (value.length === 0) after.delete(key);
    else after.set(key, Buffer.from(value).toString('base64'));
  }
  const isSame = JSON.stringify([...after]) === JSON.stringify(Object.entries(present));
  return isSame ? null : Object.fromEntries(after);
}
