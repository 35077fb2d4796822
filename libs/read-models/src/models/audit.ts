// What happened, to whom, by whom: an entry for each event. Nothing is opened here: what is sealed is told as
// "sealed", and what only proves something as "hashed", so that no erasure has to come here.

import type { DomainEvent } from '#event-catalog/catalogue.js';
import { catalogue } from '#event-catalog/catalogue.js';
import type { AnyEntries } from '#event-catalog/entry.js';
import { integer, orNull, text } from '#read-models/models/cells.js';
import type { Place, Projection, RowChange, Table } from '#read-models/projection.js';

const entries: Table = {
  columns: {
    place: text,
    stream: text,
    revision: integer,
    time: integer,
    type: text,
    editor: orNull(text),
    call_id: orNull(text),
    trace_id: orNull(text),
    organization_id: orNull(text),
    /** Null for what happened to nobody's account. */
    user_stream: orNull(text),
    /** As JSON. */
    data: text,
  },
  key: ['place'],
  indexes: [{ columns: ['organization_id', 'place'] }, { columns: ['user_stream', 'place'] }],
};

type Told = 'sealed' | 'hashed';

/** By type: which fields are not told. */
const untold = new Map<string, ReadonlyMap<string, Told>>(
  Object.values(catalogue).flatMap((kind) => Object.entries(kind as AnyEntries).map(untoldOf)),
);

function untoldOf([type, { fields }]: [string, AnyEntries[string]]) {
  const told = Object.entries(fields).flatMap(([name, { kind }]): [string, Told][] => {
    if (kind.includes('sealed')) return [[name, 'sealed']];
    return /\bhash\b|login key/.test(kind) ? [[name, 'hashed']] : [];
  });
  return [type, new Map(told)] as const;
}

function told({ type, ...fields }: DomainEvent): string {
  const hidden = untold.get(type);
  const tell = (name: string, value: unknown) => {
    const as = hidden?.get(name);
    if (as === undefined || value === null) return value;
    return Array.isArray(value) ? value.map(() => as) : as;
  };
  return JSON.stringify(
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, tell(name, value)])),
  );
}

function entry(event: DomainEvent, place: Place): RowChange {
  const { stream, revision, position, time, organizationId, editor, callId, traceId } = place;
  const row = {
    place: position,
    stream,
    revision,
    time,
    type: event.type,
    editor,
    call_id: callId,
    trace_id: traceId,
    organization_id: organizationId,
    user_stream: stream.startsWith('user-') ? stream : null,
    data: told(event),
  };
  return { change: 'put', table: 'entries', row };
}

export const audit: Projection = {
  name: 'audit',
  version: 1,
  tables: { entries },
  on: {},
  onEach: (event, place) => [entry(event, place)],
};
