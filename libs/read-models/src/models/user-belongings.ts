// What else is of users: access tokens without what proves them, and what others noted down.

import { hash } from 'node:crypto';

import { bytes, integer, lower, ofUser, openingText, orNull, text } from '#read-models/models/cells.js';
import type { Projection, Table } from '#read-models/projection.js';

const accessTokens: Table = {
  columns: {
    organization_id: text,
    stream: text,
    token_id: text,
    name: orNull(text),
    /** As JSON. */
    scopes: text,
    created_at: integer,
    expires_at: orNull(integer),
    place: text,
  },
  key: ['organization_id', 'stream', 'token_id'],
};

const metadata: Table = {
  columns: {
    organization_id: text,
    stream: text,
    key_hash: text,
    key: orNull(text),
    key_lower: orNull(text),
    value: orNull(bytes),
    /** A value may be longer than what an index holds. */
    value_hash: orNull(text),
    created_at: integer,
    changed_at: integer,
    /** Where the key was first set. */
    place: text,
  },
  key: ['organization_id', 'stream', 'key_hash'],
  indexes: [{ columns: ['key_lower'] }, { columns: ['value_hash'] }, { contains: 'key_lower' }],
};

export const belongingsTables = { access_tokens: accessTokens, metadata };

export const hashOfValue = (value: Uint8Array): string => hash('sha256', value, 'base64url');

export const belongingsChanges: Projection['on'] = {
  'user.pat.added': ({ tokenId, name, scopes, expiresAt }, place) => [
    {
      change: 'put',
      table: 'access_tokens',
      row: {
        ...ofUser(place),
        token_id: tokenId,
        name: null,
        scopes: JSON.stringify(scopes),
        created_at: place.time,
        expires_at: expiresAt,
        place: place.position,
      },
      openings: [
        openingText({ purpose: 'token-name', sealed: name, factor: tokenId }, (opened) => ({ name: opened })),
      ],
    },
  ],
  'user.pat.removed': ({ tokenId }, place) => [
    { change: 'remove', table: 'access_tokens', where: { ...ofUser(place), token_id: tokenId } },
  ],
  'user.metadata.set': ({ keyHash, key, value }, place) => [
    {
      change: 'put',
      table: 'metadata',
      row: {
        ...ofUser(place),
        key_hash: keyHash,
        key: null,
        key_lower: null,
        value: null,
        value_hash: null,
        created_at: place.time,
        changed_at: place.time,
        place: place.position,
      },
      keeps: ['created_at', 'place'],
      openings: [
        openingText({ purpose: 'metadata-key', sealed: key, factor: keyHash }, (opened) => ({
          key: opened,
          key_lower: opened === null ? null : lower(opened),
        })),
        {
          purpose: 'metadata-value',
          sealed: value,
          factor: keyHash,
          cells: (opened) => ({ value: opened, value_hash: opened === null ? null : hashOfValue(opened) }),
        },
      ],
    },
  ],
  'user.metadata.removed': ({ keyHash }, place) => [
    { change: 'remove', table: 'metadata', where: { ...ofUser(place), key_hash: keyHash } },
  ],
  'user.metadata.removed.all': (_, place) => [{ change: 'remove', table: 'metadata', where: ofUser(place) }],
};
