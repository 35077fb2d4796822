// What one read answers: rows that proved themselves, to another thread as JSON text, in parts.

import { positionNumber, positionText } from '#event-log/counted-position.js';
import type { ReadAllOptions, ReadStreamOptions } from '#event-log/event-log.js';
import { passes } from '#event-log/paged-subscription.js';
import type { ReaderReply, ReaderRequest, Unnumbered } from '#event-log-sqlite/messages.js';
import { damaged, type Rows, type StoredRow } from '#event-log-sqlite/rows.js';

/** Events are sent in parts of about this size, so that one thread parses while the other reads. */
const charactersPerPart = 128 * 1024;
/** Rows that one page of a subscription looks at. */
const rowsPerPage = 2_048;
/** What one page of a subscription may weigh. */
const charactersPerPage = 4 * 1024 * 1024;

export type Send = (reply: ReaderReply) => void;

/** Reads in one snapshot, so that what is compared belongs together. Throws for damage. */
export type Read = (request: Unnumbered<ReaderRequest>, taking: Taking) => End;

export function answerRead(read: Read, request: ReaderRequest, send: Send): void {
  const parts = new Parts(request.number, send);
  parts.end(read(request, parts));
}

/** Where rows go. */
export interface Taking {
  add(row: StoredRow): void;
  /** About what was taken so far. */
  readonly characters: number;
}

export interface End {
  readonly unknown: boolean;
  readonly upTo: number;
  readonly atHead: boolean;
}

const simplyRead: End = { unknown: false, upTo: 0, atHead: false };

export function collect(rows: Rows, request: Unnumbered<ReaderRequest>, taking: Taking): End {
  switch (request.kind) {
    case 'stream':
      return readStream(rows, request, taking);
    case 'all':
      return readAll(rows, request, taking);
    case 'page':
      return readPage(rows, request, taking);
  }
}

type Asked<Kind> = Extract<Unnumbered<ReaderRequest>, { kind: Kind }>;

function readStream(rows: Rows, { stream, options, committed }: Asked<'stream'>, taking: Taking): End {
  rows.head(committed);
  const { revision: end } = rows.streamEnd(stream);
  if (end < 0) return { ...simplyRead, unknown: true };
  for (const row of streamRows(rows, { stream, options, end })) taking.add(row);
  return simplyRead;
}

function streamRows(
  rows: Rows,
  { stream, options, end }: { stream: string; options: ReadStreamOptions; end: number },
): Iterable<StoredRow> {
  const { direction, from, limit } = options;
  if (direction === 'forward') return rows.streamForward({ stream, from, limit, end });
  return rows.streamBackward({ stream, from: from === 'end' ? end : Math.min(from, end), limit });
}

function readAll(rows: Rows, { options, committed }: Asked<'all'>, taking: Taking): End {
  for (const row of allRows(rows, options, rows.head(committed))) taking.add(row);
  return simplyRead;
}

function allRows(rows: Rows, options: ReadAllOptions, head: number): Iterable<StoredRow> {
  const { limit } = options;
  if (options.direction === 'forward') return rows.after(positionNumber(options.after), limit, head);
  return rows.before(options.before === 'end' ? head + 1 : positionNumber(options.before), limit, head);
}

function readPage(rows: Rows, { after, filter, committed }: Asked<'page'>, taking: Taking): End {
  const head = rows.head(committed);
  let upTo = positionNumber(after);
  if (upTo > head) throw damaged(upTo, 'it was seen before, and is missing');
  for (const row of rows.after(upTo, rowsPerPage, head)) {
    if (passes(filter, row)) taking.add(row);
    upTo = row.position;
    if (taking.characters > charactersPerPage) break;
  }
  return { unknown: false, upTo, atHead: upTo >= head };
}

/** Collects events as JSON text and sends them part by part. */
class Parts implements Taking {
  readonly #number: number;
  readonly #send: Send;
  #text = '';
  characters = 0;

  constructor(number: number, send: Send) {
    this.#number = number;
    this.#send = send;
  }

  add(row: StoredRow): void {
    const { id, stream, revision, position, type, data, metadata } = row;
    const json = `{"id":"${id}","stream":${quote(stream)},"revision":${revision},"position":"${positionText(position)}","type":${quote(type)},"data":${data},"metadata":${metadata}}`;
    this.#text += this.#text === '' ? json : `,${json}`;
    this.characters += json.length;
    if (this.#text.length >= charactersPerPart) this.#sendPart();
  }

  end({ unknown, upTo, atHead }: End): void {
    const events = this.#text === '' ? '' : `[${this.#text}]`;
    this.#send({ number: this.#number, kind: 'end', events, unknown, upTo: positionText(upTo), atHead });
  }

  #sendPart(): void {
    this.#send({ number: this.#number, kind: 'part', events: `[${this.#text}]` });
    this.#text = '';
  }
}

/** Names are printable ASCII; only two of those mean something in JSON. */
function quote(name: string): string {
  return name.includes('"') || name.includes('\\') ? JSON.stringify(name) : `"${name}"`;
}
