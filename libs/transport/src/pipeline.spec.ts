import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { corrupt, outcomeUnknown, unavailable } from '#event-log/errors.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { unavailable as keysUnavailable } from '#key-store-sqlite/key-store-failure.js';
import type { Incoming } from '#transport/call.js';
import { answered, implement, told } from '#transport/implementation.js';
import { pipelineOf } from '#transport/pipeline.js';
import { Tally } from '#transport/tally.js';
import { type Desk, openDesk, people, unlimited } from '#transport/testing/desk.js';
import { readAs } from '#transport/testing/reading.js';
import { detailIn, saidIn, statusIn } from '#transport/testing/status.js';

const { getUserByID, lockUser, createUser, deleteUser } = UserService.method;
const { listOrganizations } = OrganizationService.method;

let log: HeldLog;
let desk: Desk;
let ada: { authorization: string };
let owner: { authorization: string };
beforeAll(async () => {
  log = heldLog(new InMemoryEventLog());
  desk = await openDesk({ house: { log } });
  ada = { authorization: await desk.tokenOf('ada') };
  owner = { authorization: await desk.tokenOf('owner') };
});
afterAll(() => desk.close());
beforeEach(() => {
  desk.instead = null;
  desk.failures.length = 0;
  desk.calls.length = 0;
});

const look = (incoming: Partial<Incoming> = {}) => desk.call(listOrganizations, {}, { ...ada, ...incoming });
const eventsSoFar = () => desk.house.parts.log.head();

describe('a call', () => {
  it('is answered by the message of its method, with the id of its request', async () => {
    const answer = await desk.call(getUserByID, { userId: people.ada }, { ...ada, requestId: 'request-2' });
    expect(answer).toEqual({
      kind: 'answered',
      message: expect.objectContaining({ $typeName: 'zitadel.user.v2.GetUserByIDResponse' }),
      headers: { 'x-request-id': 'request-2' },
    });
  });

  it('that runs a command answers its details, and is named in its events', async () => {
    const incoming = { ...owner, requestId: 'request-3', traceId: 'trace-3' };
    const answer = await desk.call(lockUser, { userId: people.reader }, incoming);
    expect(answer).toMatchObject({ message: { details: { sequence: 2n } } });
    const stream = desk.house.application.userStream(people.reader as never);
    const page = await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
    expect(page).toMatchObject({
      events: [{ metadata: { call: 'request-3', trace: 'trace-3', editor: people.owner } }],
    });
  });

  it('is refused as its command is', async () => {
    await desk.call(lockUser, { userId: people.grace }, owner);
    const again = await desk.call(lockUser, { userId: people.grace }, owner);
    expect(saidIn(again)).toBe('9 user-already-locked COMMAND-lgws8wtsqf');
    expect(again.headers).toEqual({ 'x-request-id': 'request-1' });
  });

  it('that is not built says so by its name, whoever asks', async () => {
    const refused = await desk.call(deleteUser, { userId: people.ada });
    expect(saidIn(refused)).toBe('12 not-built CSIGN-not-built');
    expect(statusIn(refused).message).toContain('zitadel.user.v2.UserService.DeleteUser');
  });

  it('tells which fields break a rule in the words of its request', async () => {
    const refused = await desk.call(createUser, {}, owner);
    const { fieldViolations } = detailIn(statusIn(refused), BadRequestSchema) ?? {};
    expect(fieldViolations?.map(({ field }) => field)).toEqual([
      'human.email.email',
      'human.profile.given_name',
      'organization_id',
    ]);
    const unnamed = await desk.call(getUserByID, { userId: '' }, owner);
    expect(detailIn(statusIn(unnamed), BadRequestSchema)?.fieldViolations).toMatchObject([
      { field: 'user_id' },
    ]);
  });

  it('is of a method that is built once', () => {
    const table = implement(OrganizationService, {
      listOrganizations: { access: { of: 'anyone' }, run: async () => answered({}) },
    });
    const { application } = desk.house;
    const options = { application, services: [], limits: unlimited, onFailure: () => null };
    expect(() => pipelineOf({ ...options, implemented: [table, table] })).toThrow('is built twice');
  });

  it('is of a method that its service has', () => {
    expect(() => implement(OrganizationService, { dance: null } as never)).toThrow('has no dance');
  });
});

describe('a command that was accepted', () => {
  it('is told with its answer, and one that was not as it is', () => {
    const details = { sequence: 1, changeDate: 2, resourceOwner: 'acme' };
    const done = { kind: 'accepted', details, answer: 'seven' } as const;
    expect(told(done, ({ answer }) => ({ text: answer }))).toEqual({
      kind: 'answered',
      message: { text: 'seven' },
      isRepeat: false,
    });
    expect(told({ ...done, repeated: true }, () => null)).toMatchObject({ isRepeat: true });
    const rejected = { kind: 'rejected', refusal: { code: 'user-locked' } } as const;
    expect(told(rejected, () => null)).toBe(rejected);
  });
});

describe('a failure', () => {
  const secret = 'otpauth://totp/ada';

  it.each([
    ['of anything', () => new Error(secret), '13 internal CSIGN-internal'],
    ['that is no error', () => secret, '13 internal CSIGN-internal'],
    [
      'that looks like one of the log',
      () => Object.assign(new Error(secret), { code: 'unavailable' }),
      '13 internal CSIGN-internal',
    ],
    ['of a log that is away', () => unavailable(secret), '14 unavailable CSIGN-unavailable'],
    ['of keys that are away', () => keysUnavailable(secret), '14 unavailable CSIGN-unavailable'],
    [
      'that leaves the outcome open',
      () => outcomeUnknown(secret),
      '14 outcome-unknown CSIGN-outcome-unknown',
    ],
    ['of a damaged log', () => corrupt(null, secret), '13 internal CSIGN-internal'],
  ])('%s is logged, and answered without its cause', async (_, make, said) => {
    const error = make();
    desk.instead = () => Promise.reject(error);
    const refused = await look();
    expect(saidIn(refused)).toBe(said);
    expect(desk.failures).toEqual([error]);
    expect(toText(refused)).not.toContain(secret);
    expect(refused.headers).toEqual({ 'x-request-id': 'request-1' });
  });

  it('of a method that throws before it promises anything is answered alike', async () => {
    desk.instead = () => {
      throw new TypeError(secret);
    };
    expect(saidIn(await look())).toBe('13 internal CSIGN-internal');
  });

  it('in telling the log of a failure changes no answer', async () => {
    const broken = implement(OrganizationService, {
      listOrganizations: { access: { of: 'anyone' }, run: () => Promise.reject(new Error(secret)) },
    });
    const onFailure = () => {
      throw new Error('the log is full');
    };
    const { application } = desk.house;
    const served = pipelineOf({
      application,
      services: [],
      limits: unlimited,
      implemented: [broken],
      onFailure,
    });
    const refused = await served.invoke(
      listOrganizations,
      readAs({ $typeName: 'made.up' }),
      incomingOf(ada.authorization),
    );
    expect(saidIn(refused)).toBe('13 internal CSIGN-internal');
  });

  it('before anything is run is answered alike', async () => {
    const away = await openDesk({ house: { log: heldLog(new InMemoryEventLog()), soleWriter: false } });
    const authorization = await away.tokenOf('ada');
    away.house.parts.log.readStream = () => Promise.reject(unavailable(secret));
    const refused = await away.call(listOrganizations, {}, { authorization });
    expect(saidIn(refused)).toBe('14 unavailable CSIGN-unavailable');
    await away.close();
  });
});

describe('a call that nobody waits for', () => {
  const timeout = new DOMException('too late', 'TimeoutError');
  const ofConnect = Object.assign(new Error('too late'), { code: 4 });

  it.each([
    ['by leaving', undefined, '1 cancelled CSIGN-cancelled'],
    ['by its deadline', timeout, '4 deadline-exceeded CSIGN-deadline-exceeded'],
    ['by its deadline, as Connect says it', ofConnect, '4 deadline-exceeded CSIGN-deadline-exceeded'],
  ])('before it is begun does nothing: %s', async (_, reason, said) => {
    const before = await eventsSoFar();
    log.reads.length = 0;
    const signal = AbortSignal.abort(reason);
    expect(saidIn(await desk.call(lockUser, { userId: people.nobody }, { ...owner, signal }))).toBe(said);
    expect(log.reads).toEqual([]);
    expect(await eventsSoFar()).toEqual(before);
  });

  it('any more when it would be run does nothing', async () => {
    const waiting = await openDesk({ house: { log: heldLog(new InMemoryEventLog()), soleWriter: false } });
    const held = waiting.house.parts.log as HeldLog;
    const authorization = await waiting.tokenOf('owner');
    const before = await held.head();
    const controller = new AbortController();
    held.hold();
    const call = waiting.call(lockUser, { userId: people.ada }, { authorization, signal: controller.signal });
    controller.abort(timeout);
    expect(saidIn(await call)).toBe('4 deadline-exceeded CSIGN-deadline-exceeded');
    held.release();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await held.head()).toEqual(before);
    await waiting.close();
  });

  it('while it runs goes on, and its failure is logged', async () => {
    const controller = new AbortController();
    const failed = new Error('after all');
    let fail = () => {};
    desk.instead = () =>
      new Promise((_, reject) => {
        fail = () => reject(failed);
        controller.abort(timeout);
      });
    expect(saidIn(await look({ signal: controller.signal }))).toBe(
      '4 deadline-exceeded CSIGN-deadline-exceeded',
    );
    expect(desk.failures).toEqual([]);
    fail();
    await new Promise((resolve) => setImmediate(resolve));
    expect(desk.failures).toEqual([failed]);
  });

  it('while it runs may stop, which is no failure', async () => {
    const controller = new AbortController();
    desk.instead = async () => {
      controller.abort(timeout);
      controller.signal.throwIfAborted();
    };
    await look({ signal: controller.signal });
    await new Promise((resolve) => setImmediate(resolve));
    expect(desk.failures).toEqual([]);
  });

  it('any more once it is answered is answered', async () => {
    const controller = new AbortController();
    const answer = await look({ signal: controller.signal });
    controller.abort(timeout);
    expect(answer.kind).toBe('answered');
  });
});

const toText = (answer: unknown) =>
  JSON.stringify(answer, (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );

function incomingOf(authorization: string): Incoming {
  return {
    requestId: 'request-1',
    traceId: null,
    traceParent: null,
    authorization,
    organization: null,
    idempotencyKey: null,
    position: null,
    code: null,
    recoveryCode: null,
    address: '192.0.2.1',
    tally: new Tally({ isAlwaysTold: true }),
    signal: new AbortController().signal,
  };
}
