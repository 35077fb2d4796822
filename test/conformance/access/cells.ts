// The cells of the matrix: each call, by each caller, about each target, and how they are asked.

import { randomUUID } from 'node:crypto';

import type { JsonObject } from '@bufbuild/protobuf';

import type { From, Heard, Wires } from '#test/conformance/access/asked.js';
import { type AccessCall, bytesOf, httpAskOf, jsonOf } from '#test/conformance/access/calls.js';
import type { Names } from '#test/conformance/access/rows.js';
import { type Target, type Verdict, verdictOf } from '#test/conformance/access/verdicts.js';
import type { AccessWorld, Gone, Person, Role, Somebody } from '#test/conformance/access/world.js';

export interface Scene {
  readonly world: AccessWorld;
  readonly neighbour: Person;
  readonly stranger: Person;
  readonly callers: readonly Somebody[];
  readonly gone: readonly Gone[];
}

/** An address of its own each time: no answer is a refusal of its speed. */
let addresses = 0;
export function from(token: string | null): From {
  addresses += 1;
  return { token, address: `10.2.${(addresses >> 8) & 255}.${addresses & 255}` };
}

export interface Question {
  readonly call: AccessCall;
  readonly request: JsonObject;
  readonly token: string | null;
}

/** By gRPC and by each of its routes. */
export const ask = ({ wires }: AccessWorld, question: Question): Promise<readonly Heard[]> =>
  Promise.all(
    [0, ...question.call.routes.map((_, at) => at + 1)].map((wire) => askOn(wires, question, wire)),
  );

/** @param wire 0 is gRPC; the others are its routes */
export function askOn(
  { grpc, rest }: Wires,
  { call, request, token }: Question,
  wire: number,
): Promise<Heard> {
  const route = call.routes[wire - 1];
  if (route === undefined) return grpc(call.name, bytesOf(call, request), from(token));
  return rest(httpAskOf(call, route, request), from(token));
}

/** A call about a target, with ids of nobody in the fields that are not about it. */
export function requestOf({ method, row }: AccessCall, target: Target): JsonObject {
  const about = Object.entries(row.ids).flatMap(([path, names]) => {
    const id = idOf(row, names, target);
    return id === null ? [] : [jsonOf(method.input, path, id)];
  });
  return Object.assign({}, ...about, row.with) as JsonObject;
}

/** Null where it is left out. */
function idOf({ of }: AccessCall['row'], names: Names, target: Target): string | null {
  switch (names) {
    case 'user':
      return target.userId;
    case 'session':
      return target.sessionId ?? randomUUID();
    case 'organization':
      return target.organizationId ?? target.userId;
    case 'device':
    case 'token':
      return randomUUID();
    case 'member':
      return of === 'organization' || of === 'acting' ? randomUUID() : null;
    case 'filter':
    case 'new':
    case 'unread':
      return null;
  }
}

/** An absent organization stands under `userId`, since it has no id that somebody has. */
export function targetsFor(
  { world, neighbour, stranger, gone }: Scene,
  { row }: AccessCall,
  caller: Somebody,
): readonly Target[] {
  const { home, away } = world;
  const nobody = (name: string, userId: string): Target => ({ name, userId, organizationId: null });
  if (row.of === 'user' || row.of === 'session')
    return [
      { ...caller, name: 'itself' },
      { ...neighbour, name: 'somebody at home' },
      { ...stranger, name: 'somebody away' },
      nobody('nobody', randomUUID()),
      nobody('an id of another kind', '244617850365411330'),
      ...gone.map(({ userId, organizationId, sessionId, fate }) => ({
        name: `somebody ${organizationId === home ? 'at home' : 'away'} who is ${fate}`,
        userId,
        sessionId,
        organizationId: row.reachesGone ? organizationId : null,
        fate,
      })),
    ];
  if (row.of === 'organization')
    return [
      { name: 'home', userId: '', organizationId: home },
      { name: 'away', userId: '', organizationId: away },
      nobody('no organization', randomUUID()),
      nobody('an organization that is gone', world.gone),
    ];
  return [nobody('nobody', '')];
}

export interface Cell {
  readonly call: AccessCall;
  readonly caller: Somebody;
  readonly target: Target;
  readonly verdict: Verdict;
}

export const cellsOf = (scene: Scene, call: AccessCall): readonly Cell[] =>
  scene.callers.flatMap((caller) =>
    targetsFor(scene, call, caller).map((target) => ({
      call,
      caller,
      target,
      verdict: verdictOf(call.row, caller, target),
    })),
  );

export const nameOf = ({ world }: Scene, { caller, target }: Cell) =>
  `${caller.role ?? 'nobody special'} ${caller.organizationId === world.home ? 'at home' : 'elsewhere'} → ${target.name}`;

/** What a call takes from its target is not taken from those whom others ask about. */
export async function askCell({ world }: Scene, cell: Cell): Promise<readonly Heard[]> {
  const { call, caller, target, verdict } = cell;
  if (verdict !== 'allowed' || !call.row.ends)
    return ask(world, { call, request: requestOf(call, target), token: caller.token });
  const heard: Heard[] = [];
  for (const wire of [0, ...call.routes.map((_, at) => at + 1)]) {
    const { token, about } = await somebodyNew(world, cell);
    heard.push(await askOn(world.wires, { call, request: requestOf(call, about), token }, wire));
  }
  return heard;
}

async function somebodyNew(world: AccessWorld, { call, caller, target }: Cell) {
  if (call.row.of === 'session') {
    const sessionId =
      target.fate === undefined
        ? await world.session(target.userId)
        : (await world.goneFrom(String(target.organizationId), target.fate)).sessionId;
    return { token: caller.token, about: { ...target, sessionId } };
  }
  if (call.row.of === 'user') {
    const organizationId = String(target.organizationId);
    const person =
      target.fate === undefined
        ? await world.person(organizationId)
        : await world.goneFrom(organizationId, target.fate);
    return { token: caller.token, about: { ...target, ...person } };
  }
  const organizationId = await world.organization();
  const isOfInstance = caller.role === 'INSTANCE_OWNER';
  const owner = isOfInstance ? caller : await world.caller(organizationId, caller.role as Role);
  return { token: owner.token, about: { ...target, organizationId } };
}

export const inOrder = async <Item, Result>(
  items: readonly Item[],
  each: (item: Item) => Promise<Result>,
) => {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += 12)
    results.push(...(await Promise.all(items.slice(start, start + 12).map(each))));
  return results;
};
