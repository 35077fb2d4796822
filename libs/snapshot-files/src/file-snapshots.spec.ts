import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize } from 'node:v8';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FileSnapshots } from '#snapshot-files/file-snapshots.js';

const snapshot = {
  version: 1,
  log: 'a log',
  loaded: { state: { names: new Map([['a', 1]]), ä: null }, revision: 7, changedAt: 5, eventId: 'e' },
};

describe('snapshots in files', () => {
  let directory: string;
  const file = () => join(directory, readdirSync(directory)[0] as string);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-snapshots-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('what was put is answered, by another process too', async () => {
    await (await FileSnapshots.open(directory)).put('user-1', snapshot);
    expect(await (await FileSnapshots.open(directory)).get('user-1')).toEqual(snapshot);
  });

  it('a stream without a snapshot has none', async () => {
    expect(await (await FileSnapshots.open(directory)).get('user-1')).toBeNull();
  });

  it('the later one replaces the earlier, and leaves nothing behind', async () => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    await snapshots.put('user-1', { ...snapshot, log: 'another' });
    expect((await snapshots.get('user-1'))?.log).toBe('another');
    expect(readdirSync(directory)).toHaveLength(1);
  });

  it('a file in which any one bit is flipped is no snapshot', async () => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    const whole = readFileSync(file());
    const served: number[] = [];
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(file(), damaged);
      if ((await snapshots.get('user-1')) !== null) served.push(bit);
    }
    expect(served).toEqual([]);
  });

  it.each([0, 1, 31, 32, 40])('a file cut to %i bytes is no snapshot', async (length) => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    writeFileSync(file(), readFileSync(file()).subarray(0, length));
    expect(await snapshots.get('user-1')).toBeNull();
  });

  it('a whole file in a format of another Node is no snapshot', async () => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    const body = readFileSync(file()).subarray(32);
    body.writeUInt8(255, 1);
    const checksum = createHash('sha256').update('user-1\n').update(body).digest();
    writeFileSync(file(), Buffer.concat([checksum, body]));
    expect(() => deserialize(body)).toThrow('version');
    expect(await snapshots.get('user-1')).toBeNull();
  });

  it('the snapshot of one stream under the name of another is no snapshot', async () => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    const first = file();
    await snapshots.put('user-2', snapshot);
    const second = readdirSync(directory)
      .map((name) => join(directory, name))
      .find((path) => path !== first);
    renameSync(first, second as string);
    expect(await snapshots.get('user-2')).toBeNull();
  });

  it('what a process left unfinished is gone when the next one opens', async () => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    writeFileSync(`${file()}.unfinished`, 'half');
    const next = await FileSnapshots.open(directory);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(await next.get('user-1')).toEqual(snapshot);
  });

  it('a file that somebody took away is no snapshot, until it is put again', async () => {
    const snapshots = await FileSnapshots.open(directory);
    await snapshots.put('user-1', snapshot);
    rmSync(file());
    expect(await snapshots.get('user-1')).toBeNull();
    await snapshots.put('user-1', snapshot);
    expect(await snapshots.get('user-1')).toEqual(snapshot);
  });

  it('only its owner can read it', async () => {
    await (await FileSnapshots.open(directory)).put('user-1', snapshot);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });
});
