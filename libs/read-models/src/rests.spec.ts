import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { Hurry } from '#read-models/hurry.js';
import { Rests } from '#read-models/rests.js';

const aloneMs = 600;
const soonMs = 300;

let end: AbortController;
let hurry: Hurry;
beforeEach(() => {
  end = new AbortController();
  hurry = new Hurry();
});
afterEach(() => end.abort());

const restsWith = (asking: Hurry | undefined) => new Rests(asking, end.signal, aloneMs);
const shortly = (act: () => void) => void setTimeout(act, 20);

async function millisecondsOf(resting: Promise<void>): Promise<number> {
  const began = performance.now();
  await resting;
  return performance.now() - began;
}

it('a rest is long while nobody waits', async () => {
  expect(await millisecondsOf(restsWith(hurry).take())).toBeGreaterThan(aloneMs - 20);
});

it('a rest ends when somebody asks for haste, through memory that threads share', async () => {
  const resting = restsWith(hurry).take();
  shortly(() => new Hurry(hurry.buffer).ask());
  expect(await millisecondsOf(resting)).toBeLessThan(soonMs);
});

it('who asked after the last reading, before the rest began, waits no longer than one who asks in it', async () => {
  const rests = restsWith(hurry);
  hurry.ask();
  expect(await millisecondsOf(rests.take())).toBeLessThan(soonMs);
  expect(await millisecondsOf(rests.take())).toBeGreaterThan(aloneMs - 20);
});

it('a rest is short where nobody could ask for haste', async () => {
  expect(await millisecondsOf(restsWith(undefined).take())).toBeLessThan(soonMs);
});

it('who closes waits for no rest', async () => {
  const resting = restsWith(hurry).take();
  shortly(() => end.abort());
  expect(await millisecondsOf(resting)).toBeLessThan(soonMs);
});
