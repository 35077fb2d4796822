// The thread that reads the log: on a connection of its own, so that no commit or fsync holds it up.
// Every row proves itself here, before anyone sees it.

import { parentPort, workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';

import { EventLogError, type EventLogFailure } from '#event-log/errors.js';
import type {
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  SubscriptionFilter,
} from '#event-log/event-log.js';
import { passes } from '#event-log/paged-subscription.js';
import { isCorruption, openReader } from '#event-log-sqlite/database.js';
import type { ReaderReply, ReaderRequest } from '#event-log-sqlite/messages.js';
import { positionNumber, positionText, Rows, type StoredRow } from '#event-log-sqlite/rows.js';

/** Events are sent in parts of about this size, so that one thread parses while the other reads. */
const charactersPerPart = 128 * 1024;
/** Rows that one page of a subscription looks at. */
const rowsPerPage = 2_048;
/** What one page of a subscription may weigh. */
const charactersPerPage = 4 * 1024 * 1024;

const port = parentPort as NonNullable<typeof parentPort>;
const { path } = workerData as { path: string };

let database: Database | null = null;
let rows: Rows | null = null;

port.on('message', (request: ReaderRequest | 'close') => {
  if (request === 'close') {
    database?.close();
    port.close();
    return;
  }
  try {
    answer(request);
  } catch (error) {
    send({ number: request.number, kind: 'failed', failure: failureFor(error) });
  }
});

/** In one snapshot, so that what is compared belongs together. */
function answer(request: ReaderRequest): void {
  const open = connection();
  open.database.exec('BEGIN');
  try {
    send(read(open.rows, request));
  } finally {
    open.database.exec('COMMIT');
  }
}

function connection(): { database: Database; rows: Rows } {
  database ??= openReader(path);
  rows ??= new Rows(database);
  return { database, rows };
}

function read(from: Rows, request: ReaderRequest): ReaderReply {
  switch (request.kind) {
    case 'stream':
      return readStream(from, request.number, request.stream, request.options);
    case 'all':
      return readAll(from, request.number, from.head(request.committed), request.options);
    case 'page':
      return readPage(from, request.number, from.head(request.committed), request);
  }
}

function readStream(from: Rows, number: number, stream: string, options: ReadStreamOptions): ReaderReply {
  const { revision: end } = from.streamEnd(stream);
  if (end < 0) return { number, kind: 'end', unknown: true, upTo: positionText(0), atHead: false };
  const parts = new Parts(number);
  if (options.direction === 'forward') {
    for (const row of from.streamForward(stream, options.from, options.limit, end)) parts.add(row);
  } else {
    const start = options.from === 'end' ? end : Math.min(options.from, end);
    for (const row of from.streamBackward(stream, start, options.limit)) parts.add(row);
  }
  return parts.end(0, false);
}

function readAll(from: Rows, number: number, head: number, options: ReadAllOptions): ReaderReply {
  const parts = new Parts(number);
  if (options.direction === 'forward') {
    for (const row of from.after(positionNumber(options.after), options.limit, head)) parts.add(row);
  } else {
    const before = options.before === 'end' ? head + 1 : positionNumber(options.before);
    for (const row of from.before(before, options.limit, head)) parts.add(row);
  }
  return parts.end(0, false);
}

interface Page {
  readonly after: Position;
  readonly filter: SubscriptionFilter | undefined;
}

function readPage(from: Rows, number: number, head: number, { after, filter }: Page): ReaderReply {
  const parts = new Parts(number);
  let upTo = positionNumber(after);
  for (const row of from.after(upTo, rowsPerPage, head)) {
    if (passes(filter, row)) parts.add(row);
    upTo = row.position;
    if (parts.characters > charactersPerPage) break;
  }
  return parts.end(upTo, upTo >= head);
}

/** Collects events as JSON text and sends them part by part. */
class Parts {
  readonly #number: number;
  #text = '';
  characters = 0;

  constructor(number: number) {
    this.#number = number;
  }

  add(row: StoredRow): void {
    const { id, stream, revision, position, type, data, metadata } = row;
    const json = `{"id":"${id}","stream":${quote(stream)},"revision":${revision},"position":"${positionText(position)}","type":${quote(type)},"data":${data},"metadata":${metadata}}`;
    this.#text += this.#text === '' ? json : `,${json}`;
    this.characters += json.length;
    if (this.#text.length >= charactersPerPart) this.#send();
  }

  end(upTo: number, atHead: boolean): ReaderReply {
    if (this.#text !== '') this.#send();
    return { number: this.#number, kind: 'end', unknown: false, upTo: positionText(upTo), atHead };
  }

  #send(): void {
    send({ number: this.#number, kind: 'events', events: `[${this.#text}]` });
    this.#text = '';
  }
}

/** Names are printable ASCII; only two of those mean something in JSON. */
function quote(name: string): string {
  return name.includes('"') || name.includes('\\') ? JSON.stringify(name) : `"${name}"`;
}

function failureFor(error: unknown): EventLogFailure {
  if (error instanceof EventLogError) return error.failure;
  if (isCorruption(error)) return { code: 'corrupt', position: null, reason: 'its file is not well formed' };
  // A connection that failed is not used again.
  rows = null;
  try {
    database?.close();
  } finally {
    database = null;
  }
  return { code: 'unavailable', reason: `reading failed: ${String((error as Error).message)}` };
}

function send(reply: ReaderReply): void {
  port.postMessage(reply);
}
