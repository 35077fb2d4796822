// What the refusals of operators' calls are on the wire. ZITADEL knows none of them.

import { statusCodes } from '#transport/call.js';
import type { OperatorRefusal } from '#transport/refusals.js';
import type { Saying } from '#transport/status-table.js';

const { alreadyExists, failedPrecondition, notFound, resourceExhausted } = statusCodes;

export const ofOperators = {
  'build-live': {
    code: failedPrecondition,
    id: 'CSIGN-build-live',
    text: 'Queries are answered from this build',
  },
  'build-not-found': { code: notFound, id: 'CSIGN-build-not-found', text: 'There is no such build' },
  'build-unfinished': {
    code: failedPrecondition,
    id: 'CSIGN-build-unfinished',
    text: 'A replay makes this build; cancel it instead',
  },
  'event-not-found': {
    code: notFound,
    id: 'CSIGN-event-not-found',
    text: 'There is no event at this position',
  },
  'master-key-not-loaded': {
    code: failedPrecondition,
    id: 'CSIGN-master-key-not-loaded',
    text: 'The file of master keys was changed; where the doctor can read it, start the server anew, which then rotates',
  },
  'parked-stream-not-found': {
    code: notFound,
    id: 'CSIGN-parked-stream-not-found',
    text: 'This stream is not parked at this event',
  },
  'projection-not-found': {
    code: notFound,
    id: 'CSIGN-projection-not-found',
    text: 'There is no such projection',
  },
  'projection-not-running': {
    code: failedPrecondition,
    id: 'CSIGN-projection-not-running',
    text: 'This server makes no rows of this projection',
  },
  'replay-not-found': { code: notFound, id: 'CSIGN-replay-not-found', text: 'There is no such replay' },
  'replay-over': { code: failedPrecondition, id: 'CSIGN-replay-over', text: 'The replay is over' },
  'replay-under-way': {
    code: alreadyExists,
    id: 'CSIGN-replay-under-way',
    text: 'There is such a replay already',
  },
  'streams-max': {
    code: resourceExhausted,
    id: 'CSIGN-streams-max',
    text: 'As many streams are open as there may be',
  },
} as const satisfies Readonly<Record<OperatorRefusal['code'], Saying>>;
