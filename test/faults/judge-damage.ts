// Judges one damaged log: it is refused, or it is proved damaged from a position on, or it is whole; and
// whichever it is, nothing comes out of it that was not written.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { positionNumber, positionText } from '#event-log/counted-position.js';
import { EventLogError } from '#event-log/errors.js';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { answerRead, collect } from '#event-log-sqlite/answer-read.js';
import { isCorruption, openReader } from '#event-log-sqlite/database.js';
import type { ReaderReply, ReaderRequest } from '#event-log-sqlite/messages.js';
import { openLog, pathsIn } from '#event-log-sqlite/open-log.js';
import { Rows } from '#event-log-sqlite/rows.js';
import { type Verdict, verifyLog } from '#event-log-sqlite/verify.js';
import { Chance } from '#test/faults/chance.js';
import { type Damage, damages } from '#test/faults/damages.js';
import {
  Author,
  type Image,
  imageOf,
  layOut,
  sameImage,
  type Written,
  type WrittenLog,
} from '#test/faults/written-log.js';

export type Found = 'at boot' | 'by verify' | 'harmless';

export interface Judgement {
  readonly name: string;
  readonly seed: number;
  readonly found: Found;
  /** What it broke; empty when all is as promised. */
  readonly broken: readonly string[];
}

/** The damage that a seed stands for; every kind comes equally often. */
export function damageOf(
  log: WrittenLog,
  seed: number,
): { name: string; forged: Damage['forged']; image: Image } {
  const kind = damages[seed % damages.length] as (typeof damages)[number];
  return { name: kind.name, forged: kind.forged, image: kind.hurt(log, new Chance(seed)) };
}

export function judge(log: WrittenLog, seed: number): Judgement {
  const { name, forged, image } = damageOf(log, seed);
  const directory = mkdtempSync(join(tmpdir(), 'countersign-damage-'));
  try {
    layOut(image, directory);
    const trial = new Trial(directory, log.events);
    const found = trial.run(image, forged);
    return { name, seed, found, broken: trial.broken };
  } catch (error) {
    return { name, seed, found: 'harmless', broken: [`it broke: ${String((error as Error).stack)}`] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

class Trial {
  readonly broken: string[] = [];
  readonly #directory: string;
  readonly #written: readonly Written[];

  constructor(directory: string, written: readonly Written[]) {
    this.#directory = directory;
    this.#written = written;
  }

  run(image: Image, forged: Damage['forged']): Found {
    const refusal = this.#boot();
    if (refusal !== null) {
      this.#checkRefused(image, forged, refusal);
      return 'at boot';
    }
    const verdict = verifyLog({ directory: this.#directory });
    if (verdict.status === 'damaged') {
      this.#checkBefore(verdict, forged);
      if (forged === undefined) this.#serve('maybe less');
      return 'by verify';
    }
    this.#checkWhole(verdict, this.#written);
    this.#serve('everything');
    this.#goOn();
    return 'harmless';
  }

  #boot(): EventLogError | null {
    try {
      const { keeper, mark, database } = openLog(this.#directory);
      keeper.close();
      mark.close();
      database.close();
      return null;
    } catch (error) {
      if (error instanceof EventLogError && error.code === 'corrupt') return error;
      throw error;
    }
  }

  /** The evidence is as it was, and `verify` names a position where the refusal could not. */
  #checkRefused(image: Image, forged: Damage['forged'], { failure }: EventLogError): void {
    const verdict = proveOrRefuse(this.#directory);
    if (!sameImage(imageOf(this.#directory), image)) this.#fault('the evidence was changed');
    if (verdict === 'no log') {
      if (image.db !== null) this.#fault('verify found no log');
      return;
    }
    if (verdict.status === 'whole') {
      // The proof reads only: that the file takes no more is for the one who opens it to find out.
      const closed = failure.code === 'corrupt' && failure.reason.includes('must not be written');
      if (image.mark !== null && !closed) this.#fault('refused, and proved whole');
      return;
    }
    this.#checkBefore(verdict, forged);
    const named = failure.code === 'corrupt' ? failure.position : null;
    if (named !== null && verdict.position > named)
      this.#fault(`refused at ${named}, and proved up to ${verdict.position}`);
  }

  /** Up to the position that is named, all is as it was written. */
  #checkBefore(
    { position, reason }: Extract<Verdict, { status: 'damaged' }>,
    forged: Damage['forged'],
  ): void {
    const named = positionNumber(position);
    if (named < 1 || named > this.#written.length + 1) this.#fault(`it names position ${position}`);
    const sound = named - (forged === 'row' ? 2 : 1);
    if (sound < 1 || forged === 'chain' || imageOf(this.#directory).db === null) return;
    this.#reading((database) => {
      let at = 0;
      for (const row of new Rows(database).after(0, sound, sound)) {
        const event = this.#written[at] as Written;
        at += 1;
        const same = (['stream', 'revision', 'id', 'type', 'data', 'metadata'] as const).every(
          (field) => row[field] === event[field],
        );
        if (!same) this.#fault(`position ${at} is damaged, and ${position} was named (${reason})`);
      }
    });
  }

  #checkWhole(verdict: Verdict, written: readonly Written[]): void {
    const wanted = { status: 'whole', events: written.length, headMark: 'agrees' };
    for (const [field, value] of Object.entries(wanted)) {
      if ((verdict as unknown as Record<string, unknown>)[field] !== value)
        this.#fault(`verify says ${JSON.stringify(verdict)}`);
    }
  }

  /** A log that is called whole must also go on so. */
  #goOn(): void {
    const author = new Author(this.#directory, new Chance(1), this.#written);
    author.writeUpTo(this.#written.length + 20);
    author.close();
    const log = openLog(this.#directory);
    log.keeper.close();
    log.mark.close();
    log.database.close();
    this.#checkWhole(verifyLog({ directory: this.#directory }), author.events);
    this.#serve('everything', readOfAll(author.events));
  }

  /** Every way to read: what comes out before an error is what was written, and without one nothing lacks. */
  #serve(manner: 'everything' | 'maybe less', reads = readsOf(this.#written)): void {
    this.#reading((database) => {
      const rows = new Rows(database);
      for (const { request, wanted } of reads) {
        const { text, failed } = answerTo(database, rows, request);
        const missing = restAfter(text, wanted);
        const said = JSON.stringify(request);
        if (missing === null) this.#fault(`served what was not written: ${said}`);
        else
          this.#checkComplete({
            missing,
            failed,
            mayLack: manner === 'maybe less',
            said,
            kind: request.kind,
          });
      }
    });
  }

  #checkComplete(read: {
    missing: number;
    failed: boolean;
    mayLack: boolean;
    said: string;
    kind: string;
  }): void {
    const { missing, failed, mayLack, said, kind } = read;
    if (!mayLack && (missing > 0 || failed)) this.#fault(`not everything was served: ${said}`);
    // A stream that is gone with all that tells of it is missed only by who walks the log.
    if (missing > 0 && !failed && kind !== 'stream') this.#fault(`events were left out: ${said}`);
  }

  #reading(read: (database: Database) => void): void {
    const database = openReader(pathsIn(this.#directory).events);
    try {
      read(database);
    } catch (error) {
      this.#fault(`a read failed: ${String(error)}`);
    } finally {
      database.close();
    }
  }

  #fault(text: string): void {
    this.broken.push(text);
  }
}

function proveOrRefuse(directory: string): Verdict | 'no log' {
  try {
    return verifyLog({ directory });
  } catch (error) {
    if (error instanceof EventLogError && error.code === 'unavailable') return 'no log';
    throw error;
  }
}

interface Read {
  readonly request: ReaderRequest;
  readonly wanted: readonly string[];
}

const readsKnown = new WeakMap<readonly Written[], readonly Read[]>();

/** Forward and backward, by the page and by the stream. */
function readsOf(written: readonly Written[]): readonly Read[] {
  const known = readsKnown.get(written);
  if (known !== undefined) return known;
  const texts = written.map(textOf);
  const asked = { number: 1, committed: written.length };
  const limit = eventsPerReadMax;
  const half = Math.floor(texts.length / 2);
  const reads: Read[] = [
    {
      request: { ...asked, kind: 'all', options: { direction: 'backward', before: 'end', limit: half } },
      wanted: texts.toReversed().slice(0, half),
    },
    {
      request: {
        ...asked,
        kind: 'all',
        options: { direction: 'backward', before: positionText(half + 1), limit },
      },
      wanted: texts.slice(0, half).toReversed(),
    },
    {
      request: { ...asked, kind: 'page', after: positionText(half), filter: undefined },
      wanted: texts.slice(half),
    },
    ...readsOfStreams(written, texts),
  ];
  readsKnown.set(written, reads);
  return reads;
}

/** And of one that was never written. */
function readsOfStreams(written: readonly Written[], texts: readonly string[]): Read[] {
  const streams = Map.groupBy(texts.keys(), (index) => (written[index] as Written).stream);
  const asked = { number: 1, committed: 0, kind: 'stream' } as const;
  const limit = eventsPerReadMax;
  return [...streams, ['user-ghost', []] as const].map(([stream, indexes], number): Read => {
    const own = indexes.map((index) => texts[index] as string);
    return number % 3 === 0
      ? {
          request: { ...asked, stream, options: { direction: 'backward', from: 'end', limit } },
          wanted: own.toReversed(),
        }
      : { request: { ...asked, stream, options: { direction: 'forward', from: 0, limit } }, wanted: own };
  });
}

/** The log as one read, for what was looked at closely before. */
function readOfAll(written: readonly Written[]): readonly Read[] {
  const options = { direction: 'forward', after: logStart, limit: eventsPerReadMax } as const;
  return [
    { request: { number: 1, committed: written.length, kind: 'all', options }, wanted: written.map(textOf) },
  ];
}

/** The event as a caller gets it, in the order of fields in which it is sent. */
function textOf(event: Written, index: number): string {
  const { id, stream, revision, type, data, metadata } = event;
  const position = positionText(index + 1);
  const head = JSON.stringify({ id, stream, revision, position, type });
  return `${head.slice(0, -1)},"data":${data},"metadata":${metadata}}`;
}

function answerTo(database: Database, rows: Rows, request: ReaderRequest): { text: string; failed: boolean } {
  const parts: string[] = [];
  const send = (reply: ReaderReply) => {
    if (reply.kind !== 'failed' && reply.events !== '') parts.push(reply.events.slice(1, -1));
  };
  try {
    database.transaction(() => answerRead((asked, taking) => collect(rows, asked, taking), request, send))();
    return { text: parts.join(','), failed: false };
  } catch (error) {
    if (!isCorruption(error) && !(error instanceof EventLogError && error.code === 'corrupt')) throw error;
    return { text: parts.join(','), failed: true };
  }
}

/** How many of the wanted events are missing at the end; null when something else was served. */
function restAfter(text: string, wanted: readonly string[]): number | null {
  let at = 0;
  for (const [index, event] of wanted.entries()) {
    if (at >= text.length) return wanted.length - index;
    if (!text.startsWith(event, at)) return null;
    at += event.length + 1;
  }
  return at >= text.length ? 0 : null;
}
