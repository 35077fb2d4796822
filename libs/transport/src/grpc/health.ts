// Health as gRPC's balancers and probes ask for it. It follows the readiness of the process.

import { create } from '@bufbuild/protobuf';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';

import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Serving,
} from '#contract/grpc/health/v1/health_pb.js';
import type { Served } from '#transport/call.js';
import { type Decoded, malformed, methodDefinitionOf } from '#transport/grpc/definitions.js';
import { watchesMax } from '#transport/grpc/limits.js';

export interface Health {
  isServing(): boolean;
  /** Calls back when it may have changed; answers how to stop that. */
  subscribe(changed: () => void): () => void;
}

export interface HealthWatching {
  readonly check: string;
  readonly watch: string;
  /** Tells all watches how it is, and ends them. */
  end(): void;
}

const answers = {
  [Serving.SERVING]: create(HealthCheckResponseSchema, { status: Serving.SERVING }),
  [Serving.NOT_SERVING]: create(HealthCheckResponseSchema, { status: Serving.NOT_SERVING }),
  [Serving.SERVICE_UNKNOWN]: create(HealthCheckResponseSchema, { status: Serving.SERVICE_UNKNOWN }),
};

type Told = keyof typeof answers;
type Check = handleUnaryCall<Decoded, HealthCheckResponse>;
type WatchCall = ServerWritableStream<Decoded, HealthCheckResponse>;

export function addHealth(grpc: Server, { services }: Served, health: Health): HealthWatching {
  const known = new Set(['', HealthService.typeName, ...services.map(({ typeName }) => typeName)]);
  const now = (service: string): Told => {
    if (!known.has(service)) return Serving.SERVICE_UNKNOWN;
    return health.isServing() ? Serving.SERVING : Serving.NOT_SERVING;
  };
  const check: Check = ({ request }, callback) => {
    const told = request === malformed ? null : now(serviceOf(request));
    if (told === null) callback(malformedStatus, null);
    else if (told === Serving.SERVICE_UNKNOWN)
      callback({ code: status.NOT_FOUND, details: 'there is no such service here' });
    else callback(null, answers[told]);
  };
  const { watch, end } = watching(now, health);
  const paths = {
    check: methodDefinitionOf(HealthService.method.check),
    watch: methodDefinitionOf(HealthService.method.watch),
  };
  grpc.register(
    paths.check.path,
    check,
    paths.check.responseSerialize,
    paths.check.requestDeserialize,
    'unary',
  );
  grpc.register(
    paths.watch.path,
    watch,
    paths.watch.responseSerialize,
    paths.watch.requestDeserialize,
    'serverStream',
  );
  return { check: paths.check.path, watch: paths.watch.path, end };
}

const malformedStatus = {
  code: status.INVALID_ARGUMENT,
  details: 'the message is not a grpc.health.v1.HealthCheckRequest',
};

function serviceOf(request: Exclude<Decoded, typeof malformed>): string {
  return (request as HealthCheckRequest).service;
}

interface Watching {
  readonly watch: handleServerStreamingCall<Decoded, HealthCheckResponse>;
  readonly end: () => void;
}

function watching(now: (service: string) => Told, health: Health): Watching {
  /** With what each was told last. */
  const watches = new Map<WatchCall, { readonly service: string; told: Told | null }>();
  const tell = (): void => {
    for (const [call, watch] of watches) {
      const told = now(watch.service);
      if (told !== watch.told) call.write(answers[told]);
      watch.told = told;
    }
  };
  const unsubscribe = health.subscribe(tell);
  const watch: Watching['watch'] = (call) => {
    if (call.request === malformed) return void call.emit('error', malformedStatus);
    if (watches.size >= watchesMax) return void call.emit('error', tooMany);
    watches.set(call, { service: serviceOf(call.request), told: null });
    call.once('cancelled', () => watches.delete(call));
    tell();
  };
  const end = (): void => {
    unsubscribe();
    tell();
    for (const call of watches.keys()) call.emit('error', stopping);
    watches.clear();
  };
  return { watch, end };
}

const tooMany = { code: status.RESOURCE_EXHAUSTED, details: `there are ${watchesMax} watches already` };
const stopping = { code: status.UNAVAILABLE, details: 'this process ends' };
