// Which calls ask for a factor that was shown just now: every one by which somebody changes what it logs in with.

import { create, type Message } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { Implemented, MethodRules } from '#transport/implementation.js';
import { people } from '#transport/testing/desk.js';
import { openSessionsDesk, type Session, type SessionsDesk } from '#transport/testing/sessions-desk.js';

let desk: SessionsDesk;
let session: Session;
beforeAll(async () => {
  desk = await openSessionsDesk();
  session = await desk.begin();
  desk.house.clock.now += 3_600_000;
});
afterAll(() => desk.close());

const nameOf = ({ method }: Implemented) => `${method.parent.name}.${method.name}`;
const rulesOf = ({ implementation }: Implemented) => implementation as MethodRules<Message>;

/** What everybody may do to oneself by one of these permissions; by none, whatever it takes. */
const isOwn = (one: Implemented, ...permissions: readonly string[]) => {
  const { access } = rulesOf(one);
  if (access.of !== 'user' || !access.self) return false;
  return permissions.length === 0 || permissions.includes(access.permission);
};

const isMarked = (one: Implemented) => rulesOf(one).stepUp !== undefined;

/** With nothing in it but whom it is about, and what makes it such a call. */
const requestOf = ({ method }: Implemented, userId: string) =>
  create(method.input, {
    userId,
    ...(method.name === 'UpdateUser' && { userType: { case: 'human', value: { password: {} } } }),
  } as never);

const said = async (authorization: string, userId: string, but: readonly string[] = []) => {
  const all = desk.implemented.filter((one) => isMarked(one) && isOwn(one) && !but.includes(nameOf(one)));
  const told = all.map(async (one) => [
    nameOf(one),
    await desk.said({ authorization }, one.method as never, requestOf(one, userId) as never),
  ]);
  return { names: all.map(nameOf), told: await Promise.all(told) };
};

describe('a call that asks for a factor', () => {
  it('is every one that changes what its caller logs in with', () => {
    const ofLogins = desk.implemented.filter((one) =>
      isOwn(one, 'user.credential.write', 'user.token.write'),
    );
    const others = ofLogins.filter((one) => !isMarked(one));
    // What an app is called is of no use to whoever logs in.
    expect(others.map(nameOf)).toEqual(['FactorService.RenameTotp']);
  });

  it('is refused to a session that has shown none lately', async () => {
    // It shows two codes of the app itself.
    const { names, told } = await said(session.authorization, session.userId, ['FactorService.ResyncTotp']);
    expect(told).toEqual(names.map((name) => [name, '7 step-up-required CSIGN-step-up-required']));
    expect(names.length).toBeGreaterThan(12);
  });

  it('is refused to an access token without the scope', async () => {
    const { names, told } = await said(await desk.tokenOf('ada', ['self']), people.ada);
    expect(told).toEqual(names.map((name) => [name, '7 scope-required CSIGN-scope-required']));
  });
});
