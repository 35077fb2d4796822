import type { RecordedEvent, SubscriptionItem } from '#event-log/event-log.js';
import type { EventRow, Row } from '#event-log-eventstoredb/thread/protocol.js';

export function eventsFromRows(text: string): RecordedEvent[] {
  return (JSON.parse(text) as EventRow[]).map(eventOf);
}

export function itemsFromRows(text: string): SubscriptionItem[] {
  return (JSON.parse(text) as Row[]).map(itemOf);
}

function itemOf(row: Row): SubscriptionItem {
  return row.length === 2 ? { kind: row[0], position: row[1] } : { kind: 'event', event: eventOf(row) };
}

function eventOf([id, stream, revision, position, type, data, metadata]: EventRow): RecordedEvent {
  return { id, stream, revision, position, type, data, metadata };
}
