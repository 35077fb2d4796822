// Events for people: a line each, and one with all that it says.

import type { SeenEvent } from '#cli/event-lines.js';
import type { Output } from '#cli/output.js';
import type { EventMetadata, JsonValue } from '#event-log/event-log.js';

export const eventHead = ['position', 'time', 'type', 'stream', 'revision', 'by'] as const;

export function eventCells(row: SeenEvent): string[] {
  const { time, editor } = JSON.parse(row.metadata) as EventMetadata;
  const { position, type, stream, revision } = row;
  return [String(position), time, type, stream, String(revision), String(editor ?? '')];
}

/** One line for the tail, where no column can know how wide the later ones are. */
export function eventText(row: SeenEvent, output: Output): string {
  const [position = '', time = '', type = '', stream = '', revision, by] = eventCells(row);
  return `${position.padStart(6)}  ${output.paint(time, 'dim')}  ${output.paint(type, 'cyan')}  ${stream}@${revision}  ${by}`;
}

/** Sealed texts are of use to nobody: they are named, and in JSON they are there. */
export function shownData(data: string): string {
  return JSON.stringify(withoutSealed(JSON.parse(data) as JsonValue), null, 2);
}

const sealedForm = /^\d+\.[^.\s]+\.[\w-]{38,}$/;

function withoutSealed(value: JsonValue): JsonValue {
  if (typeof value === 'string') return sealedForm.test(value) ? '(sealed)' : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutSealed);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutSealed(part)]));
}
