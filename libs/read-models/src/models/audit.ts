// What happened, to whom, by whom: an entry for each event. Nothing is opened here, so that no erasure has to come here.

import type { DomainEvent } from '#event-catalog/catalogue.js';
import { integer, orNull, text } from '#read-models/models/cells.js';
import type { Place, Projection, RowChange, Table } from '#read-models/projection.js';
import { toldData } from '#read-models/told-data.js';

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
    session_id: orNull(text),
    /** As JSON. */
    data: text,
  },
  key: ['place'],
  indexes: [{ columns: ['organization_id', 'place'] }, { columns: ['user_stream', 'place'] }],
};

function entry(event: DomainEvent, place: Place): RowChange {
  const { stream, revision, position, time, organizationId, editor, callId, traceId } = place;
  const { userStream, sessionId } = place;
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
    user_stream: userStream,
    session_id: sessionId,
    data: JSON.stringify(toldData(event)),
  };
  return { change: 'put', table: 'entries', row };
}

export const audit: Projection = {
  name: 'audit',
  version: 2,
  tables: { entries },
  on: {},
  onEach: (event, place) => [entry(event, place)],
};
