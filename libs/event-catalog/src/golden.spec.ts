// Every form that was ever written must be read for ever. golden/<life>.jsonl holds streams as they were
// written, one event a line, and only grows; .decoded.jsonl what each line means today; .digests the running
// SHA-256 of the lines, so that no line changes unseen. Whoever adds a line adds one to each of the three.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { evolveAccount, noAccount } from '#domain/account/state.js';
import { evolveInstance, noInstance } from '#domain/instance/state.js';
import { evolveLoginName, freeLoginName } from '#domain/login-name/state.js';
import { evolveOrganization, noOrganization } from '#domain/organization/state.js';
import { evolveSession, noSession } from '#domain/session/state.js';
import {
  catalogue,
  decodeAccountEvent,
  decodeEvent,
  decodeInstanceEvent,
  decodeLoginNameEvent,
  decodeOrganizationEvent,
  decodeSessionEvent,
  encodeEvent,
} from '#event-catalog/catalogue.js';
import type { AnyEntries } from '#event-catalog/entry.js';
import type { StoredEvent } from '#event-catalog/stored-event.js';

const folder = join(import.meta.dirname, '..', 'golden');
const linesOf = (file: string): string[] => readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1);
const parse = (line: string): StoredEvent => JSON.parse(line);

const account = foldable(decodeAccountEvent, evolveAccount, noAccount);
const lives = {
  human: account,
  machine: account,
  imported: account,
  organization: foldable(decodeOrganizationEvent, evolveOrganization, noOrganization),
  policies: foldable(decodeOrganizationEvent, evolveOrganization, noOrganization),
  instance: foldable(decodeInstanceEvent, evolveInstance, noInstance),
  'signing-keys': foldable(decodeInstanceEvent, evolveInstance, noInstance),
  'login-name': foldable(decodeLoginNameEvent, evolveLoginName, freeLoginName),
  session: foldable(decodeSessionEvent, evolveSession, noSession),
};
const names = Object.keys(lives);
/** What an operator had done: nothing is decided by it. */
const onlyTold = /^instance\.(projection|replay|build|key)\./;
const everyLine = names.flatMap((name) => linesOf(`${name}.jsonl`));

/** The types of the events that left everything as it was. */
function foldable<Event extends { readonly type: string }, State>(
  decode: (stored: StoredEvent) => Event,
  evolve: (state: State, event: Event, at: number) => State,
  initial: State,
) {
  return (lines: readonly string[]): string[] => {
    let state = initial;
    return lines.map(parse).flatMap((stored, index) => {
      const before = JSON.stringify(state);
      state = evolve(state, decode(stored), Date.UTC(2026, 10, 21) + 60_000 * index);
      return JSON.stringify(state) === before ? [stored.type] : [];
    });
  };
}

function digestsOf(lines: readonly string[]): string[] {
  let link = '';
  return lines.map((line) => {
    link = createHash('sha256')
      .update(link + line)
      .digest('hex');
    return link;
  });
}

const versionsInCatalogue = Object.values(catalogue)
  .flatMap((entries) => Object.entries(entries as AnyEntries))
  .flatMap(([type, { older = [] }]) => [...older, null].map((_, index) => `${type} ${index + 1}`));

const newestOf = (type: string): number =>
  versionsInCatalogue.filter((version) => version.startsWith(`${type} `)).length;

describe('what was ever written', () => {
  it.each(names)('is read as it was meant: %s', (name) => {
    const decoded = linesOf(`${name}.jsonl`).map((line) => decodeEvent(parse(line)));
    expect(decoded).toEqual(linesOf(`${name}.decoded.jsonl`).map((line) => JSON.parse(line)));
  });

  it('is written again byte for byte, where its version is the newest', () => {
    const newest = everyLine.filter((line) => parse(line).data.v === newestOf(parse(line).type));
    expect(newest.length).toBeGreaterThanOrEqual(versionsInCatalogue.length);
    expect(newest.map((line) => JSON.stringify(encodeEvent(decodeEvent(parse(line)))))).toEqual(newest);
  });

  it.each(Object.entries(lives))(
    'is folded without loss, each event changing what is known: %s',
    (name, idle) => {
      const unexplained = idle(linesOf(`${name}.jsonl`)).filter((type) => !onlyTold.test(type));
      expect(unexplained).toEqual([]);
    },
  );

  it('is there in every version of every type', () => {
    const written = new Set(everyLine.map(parse).map(({ type, data }) => `${type} ${data.v}`));
    expect(versionsInCatalogue.filter((version) => !written.has(version))).toEqual([]);
  });

  it('is never edited or taken away', () => {
    const digests = digestsOf(['a', 'b', 'c']);
    expect(digestsOf(['a', 'x', 'c'])).toEqual([digests[0], expect.anything(), expect.anything()]);
    expect(digestsOf(['a', 'x', 'c'])[2]).not.toBe(digests[2]);
    expect(names.map((name) => digestsOf(linesOf(`${name}.jsonl`)))).toEqual(
      names.map((name) => linesOf(`${name}.digests`)),
    );
  });

  it('has nothing beside it that is not looked at', () => {
    const files = names.flatMap((name) => ['.jsonl', '.decoded.jsonl', '.digests'].map((end) => name + end));
    expect(readdirSync(folder).sort()).toEqual(files.sort());
  });
});
