// An attack on the built server, request after request, each with a seed of its own, while somebody goes on using it.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { Chance } from '#test/faults/chance.js';
import { frameAttack, frameKinds } from '#test/faults/hostile-frames.js';
import { grpcAttack, grpcKinds } from '#test/faults/hostile-grpc.js';
import { type Attacker, httpAttack, httpKinds } from '#test/faults/hostile-http.js';
import { type Besieged, type Memory, memoryOf } from '#test/faults/hostile-server.js';
import { GrpcWire, type Reply, sendFrames, sendHttp } from '#test/faults/hostile-wires.js';
import type { RestBinding } from '#transport/rest/bindings.js';

export interface Siege extends Besieged {
  readonly seed: number;
  readonly requests: number;
  readonly atOnce: number;
  readonly routes: readonly RestBinding[];
  /** Connections that send a byte a second, and are waited for until the server ends them. */
  readonly slow: number;
  readonly onProgress?: (done: number) => void;
}

export interface Outcome {
  readonly requests: Readonly<Record<'http' | 'grpc' | 'frames', number>>;
  readonly answers: Readonly<Record<string, number>>;
  /** What must not be, each with the seed of the request that showed it: the first few of them. */
  readonly violations: readonly string[];
  readonly violationCount: number;
  readonly hasEnded: boolean;
  readonly slowEnded: number;
  readonly bystander: { readonly calls: number; readonly failed: number; readonly slowestMs: number };
  readonly memory: { readonly before: Memory; readonly after: Memory };
  /** From the start to the end of the requests. */
  readonly series: readonly { readonly requests: number; readonly memory: Memory }[];
}

const violationsShownMax = 20;

/** Of each hundred requests. */
const shareOfFrames = 6;
const shareOfGrpc = 40;

/** After each of them memory is looked at. */
const pieces = 10;
/** Warm by then, with every path taken. What is still compiled afterwards is told apart. */
const piecesOfWarmUp = 2;

/** A deadline that a caller asked for is kept; a call that is not built says so. */
const planned5xx = new Set([501, 504, 505]);
/** UNKNOWN, INTERNAL, UNAVAILABLE and DATA_LOSS. */
const unplannedGrpc = new Set([2, 13, 14, 15]);

export async function attack(siege: Siege): Promise<Outcome> {
  const run = new Run(siege);
  const { server } = siege;
  const bystander = new Bystander(server.url, siege.bystander);
  const slow = Array.from({ length: siege.slow }, (_, at) => new SlowConnection(server.port, at));
  const series = [{ requests: 0, memory: await memoryAfterwards(server) }];
  for (let piece = 0; piece < pieces && server.isRunning; piece += 1) {
    const upTo = Math.ceil((siege.requests * (piece + 1)) / pieces);
    await run.requests(series[piece]?.requests ?? 0, upTo);
    series.push({ requests: upTo, memory: await memoryAfterwards(server) });
  }
  const before = series[piecesOfWarmUp]?.memory ?? nothing;
  const slowEnded = await endedOf(slow, siege.slow === 0 ? 0 : slowWithinMs);
  const after = server.isRunning ? await memoryWhenQuiet(siege, before) : nothing;
  run.close();
  const told = await bystander.end();
  const hasEnded = !server.isRunning;
  if (hasEnded) run.violate(`the server ended: ${server.standardOutput.slice(-1_500)}`);
  return { ...run.outcome(), hasEnded, slowEnded, bystander: told, memory: { before, after }, series };
}

const nothing: Memory = { heapUsed: 0, external: 0, compiled: 0, rss: 0 };

async function memoryAfterwards(server: Siege['server']): Promise<Memory> {
  await delay(settleMs);
  return server.isRunning ? memoryOf(server) : nothing;
}

/** For connections that were left to be noticed. */
const settleMs = 300;
/** Longer than the server lets anybody take for a request. */
const slowWithinMs = 25_000;
const quietWithinMs = 20_000;

export const kept = ({ heapUsed, external }: Memory): number => heapUsed + external;

/** By 10 % at most above what it was. */
export const isBack = (after: Memory, before: Memory): boolean => kept(after) <= kept(before) * 1.1;

async function memoryWhenQuiet({ server }: Siege, before: Memory): Promise<Memory> {
  const until = performance.now() + quietWithinMs;
  let after = await memoryOf(server);
  while (!isBack(after, before) && performance.now() < until) {
    await delay(1_000);
    after = await memoryOf(server);
  }
  return after;
}

class Run {
  readonly #siege: Siege;
  readonly #wires: readonly GrpcWire[];
  readonly #counts = { http: 0, grpc: 0, frames: 0 };
  readonly #answers: Record<string, number> = {};
  readonly #violations: string[] = [];
  #violationCount = 0;

  constructor(siege: Siege) {
    this.#siege = siege;
    this.#wires = Array.from({ length: 4 }, () => new GrpcWire(siege.server.port));
  }

  async requests(from: number, to: number): Promise<void> {
    let next = from;
    const worker = async (): Promise<void> => {
      while (next < to && this.#siege.server.isRunning) {
        const at = next;
        next += 1;
        await this.#one(at);
        if (at % 1_000 === 0) this.#siege.onProgress?.(at);
      }
    };
    await Promise.all(Array.from({ length: this.#siege.atOnce }, worker));
  }

  async #one(at: number): Promise<void> {
    const seed = seedOf(this.#siege.seed, at);
    const chance = new Chance(seed);
    const share = chance.below(100);
    if (share < shareOfFrames) await this.#frames(seed, chance);
    else if (share < shareOfFrames + shareOfGrpc) await this.#grpc(seed, chance);
    else await this.#http(seed, chance);
  }

  async #frames(seed: number, chance: Chance): Promise<void> {
    const kind = chance.pick(frameKinds);
    this.#counts.frames += 1;
    await sendFrames(this.#siege.server.port, frameAttack(kind, chance), chance.between(20, 400));
    this.#judge({ seed, kind, over: 'frames' }, { said: 'closed', codes: [], text: '' });
  }

  async #grpc(seed: number, chance: Chance): Promise<void> {
    const kind = chance.pick(grpcKinds);
    const methods = this.#siege.routes.map(({ method }) => method);
    const aims = { chance, methods, attacker: chance.pick(this.#siege.attackers) };
    this.#counts.grpc += 1;
    const wire = this.#wires[seed % this.#wires.length] as GrpcWire;
    this.#judge({ seed, kind, over: 'gRPC' }, await wire.send(grpcAttack(kind, aims)));
  }

  async #http(seed: number, chance: Chance): Promise<void> {
    const kind = chance.pick(httpKinds);
    const { routes, server } = this.#siege;
    const aims = { chance, routes, attacker: chance.pick(this.#siege.attackers) };
    this.#counts.http += 1;
    const attack = httpAttack(kind, aims);
    const reply = await sendHttp(server.port, attack);
    this.#judge({ seed, kind, over: 'HTTP/1.1' }, reply);
    if (attack.isSound && reply.said === 'closed')
      this.violate(`seed ${seed}, ${kind}: cut off without an answer`);
  }

  #judge(
    one: { readonly seed: number; readonly kind: string; readonly over: string },
    { said, codes, text }: Reply,
  ): void {
    const names = codes.length === 0 ? [`${one.over} ${said}`] : codes.map((code) => `${said} ${code}`);
    for (const name of names) this.#answers[name] = (this.#answers[name] ?? 0) + 1;
    const told = `seed ${one.seed}, ${one.kind}`;
    if (said === 'nothing') this.violate(`${told}: not answered`);
    for (const code of codes)
      if (isUnplanned(said, code)) this.violate(`${told}: ${said} ${code} ${text.slice(0, 300)}`);
  }

  violate(text: string): void {
    this.#violationCount += 1;
    if (this.#violations.length < violationsShownMax) this.#violations.push(text);
  }

  outcome() {
    const counts = { requests: this.#counts, answers: this.#answers };
    return { ...counts, violations: this.#violations, violationCount: this.#violationCount };
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }
}

const isUnplanned = (said: Reply['said'], code: number) =>
  said === 'grpc' ? unplannedGrpc.has(code) : code >= 500 && !planned5xx.has(code);

/** Each request can be sent again by itself, with its own seed. */
const seedOf = (seed: number, at: number) =>
  (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(at + 1, 0x85eb_ca6b)) >>> 0;

/** Somebody who means no harm, and must not notice. */
class Bystander {
  readonly #told = { calls: 0, failed: 0, slowestMs: 0 };
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(url: string, { token, userId }: Attacker) {
    const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '192.0.2.1' };
    const ask = async () => {
      const response = await fetch(`${url}/v2/users/${userId}`, {
        headers,
        signal: AbortSignal.timeout(20_000),
      });
      await response.arrayBuffer();
      return response.ok;
    };
    this.#running = this.#go(ask);
  }

  async #go(ask: () => Promise<boolean>): Promise<void> {
    while (!this.#isOver) {
      const started = performance.now();
      const isDone = await ask().catch(() => false);
      this.#told.calls += 1;
      if (!isDone) this.#told.failed += 1;
      this.#told.slowestMs = Math.max(this.#told.slowestMs, Math.round(performance.now() - started));
      await delay(20);
    }
  }

  async end(): Promise<Outcome['bystander']> {
    this.#isOver = true;
    await this.#running;
    return this.#told;
  }
}

const slowBytes = [
  'GET /v2/users/x HTTP/1.1\r\nhost: x\r\nx-slow: ',
  'POST /v2/users HTTP/1.1\r\nhost: x\r\n',
  'PRI * HT',
];

/** A byte a second, for as long as it is let. */
class SlowConnection {
  readonly #socket: Socket;
  isEnded = false;

  constructor(port: number, at: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#socket.resume().write(slowBytes[at % slowBytes.length] as string);
    const timer = setInterval(() => this.#socket.write(at % slowBytes.length === 1 ? 'x' : 'a'), 1_000);
    this.#socket.on('close', () => {
      clearInterval(timer);
      this.isEnded = true;
    });
  }

  leave(): void {
    this.#socket.destroy();
  }
}

async function endedOf(connections: readonly SlowConnection[], withinMs: number): Promise<number> {
  const until = performance.now() + withinMs;
  while (connections.some(({ isEnded }) => !isEnded) && performance.now() < until) await delay(100);
  const ended = connections.filter(({ isEnded }) => isEnded).length;
  for (const connection of connections) connection.leave();
  return ended;
}
