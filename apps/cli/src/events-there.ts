// Events by the API of a service, in the form in which the log on this machine has them: what is sealed is `sealed`.

import { pathOf } from '#cli/change-of-user.js';
import type { EventFilter } from '#cli/event-filter.js';
import type { SeenEvent } from '#cli/event-lines.js';
import { isOverdue, type Json, listOf, type ServiceApi } from '#cli/service-api.js';
import { positionText } from '#event-log/counted-position.js';

const path = '/countersign/v1/events';
/** As many as a page may have. */
const pageMax = 1_000;

export interface Listing {
  readonly filter: EventFilter;
  readonly order: 'EVENT_ORDER_OLDEST_FIRST' | 'EVENT_ORDER_LATEST_FIRST';
  /** Null for the first, or the last, event of the log. */
  readonly cursor: string | null;
  readonly limit: number;
}

export interface Listed {
  readonly events: readonly SeenEvent[];
  readonly head: string;
}

/** Page after page, until there are as many as are wanted, or no more. */
export async function listThere(
  service: ServiceApi,
  { filter, order, cursor, limit }: Listing,
): Promise<Listed> {
  const events: SeenEvent[] = [];
  let next: string | null = cursor;
  for (;;) {
    const query = queryOf(filter);
    query.set('order', order);
    query.set('limit', String(Math.min(pageMax, limit - events.length)));
    if (next !== null) query.set('cursor', next);
    const page = await service.ask({ verb: 'GET', path: `${path}?${query}` });
    events.push(...listOf(page.events).map(eventOf));
    next = typeof page.next === 'string' && page.next !== '' ? page.next : null;
    if (next === null || events.length >= limit) return { events, head: String(page.head ?? '') };
  }
}

export async function eventThere(service: ServiceApi, position: string): Promise<SeenEvent> {
  const { event } = await service.ask({ verb: 'GET', path: `${path}/${pathOf(position)}` });
  return eventOf(event as Json);
}

export interface Tailing {
  readonly filter: EventFilter;
  readonly after: string;
  readonly stopped: AbortSignal;
}

/** As they come. A stream is ended by the service after a while, and gone on with from where it was. */
export async function* tailThere(
  service: ServiceApi,
  { filter, after, stopped }: Tailing,
): AsyncGenerator<SeenEvent> {
  let at = after;
  while (!stopped.aborted) {
    const query = queryOf(filter);
    query.set('after', at);
    try {
      for await (const { event, position } of service.lines({ path: `${path}/tail?${query}`, stopped })) {
        if (event !== undefined) yield eventOf(event as Json);
        at = String(position ?? at);
      }
    } catch (error) {
      if (!isOverdue(error)) throw error;
    }
  }
}

/** A position as somebody gave it: that of a log that counts may lack its zeros. */
export function positionGiven(text: string | null): string | null {
  return text !== null && /^\d{1,16}$/.test(text) ? positionText(Number(text)) : text;
}

function queryOf({ asked }: EventFilter): URLSearchParams {
  const query = new URLSearchParams();
  const { types, ...texts } = asked;
  for (const [name, text] of Object.entries(texts)) if (text !== null) query.set(`filter.${name}`, text);
  for (const type of types) query.append('filter.types', type);
  return query;
}

function eventOf(json: Json): SeenEvent {
  const { stream, id, type, time, editor, organizationId, callId, traceId, data } = json;
  const position = String(json.position);
  const metadata = {
    time,
    ...(organizationId !== undefined && { organization: organizationId }),
    ...(editor !== undefined && { editor }),
    ...(callId !== undefined && { callId }),
    ...(traceId !== undefined && { traceId }),
  };
  return {
    position: /^\d{16}$/.test(position) ? Number(position) : position,
    stream: String(stream),
    revision: Number(json.revision ?? 0),
    id: String(id),
    type: String(type),
    data: JSON.stringify(data ?? null),
    metadata: JSON.stringify(metadata),
  };
}
