import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { answerOf } from '#application/testing/attempt.js';
import { codeOf } from '#application/testing/factors.js';
import { by } from '#application/testing/house.js';
import { creating, password, worthOf } from '#application/testing/logins.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { idOf, people } from '#transport/testing/desk.js';
import { openSessionsDesk, type Session, type SessionsDesk } from '#transport/testing/sessions-desk.js';

let desk: SessionsDesk;
beforeAll(async () => {
  desk = await openSessionsDesk();
});
afterAll(() => desk.close());

describe('who may see, change and end a session', () => {
  const { createSession, getSession, setSession, deleteSession } = SessionService.method;
  const notThere = '5 session-not-found QUERY-SFeaa';

  const asked = async (
    as: Parameters<SessionsDesk['said']>[0],
    { sessionId }: Pick<Session, 'sessionId'>,
  ) => [
    await desk.said(as, getSession, { sessionId }),
    await desk.said(as, setSession, { sessionId }),
    await desk.said(as, deleteSession, { sessionId }),
  ];

  it('the session itself may do all of it', async () => {
    const session = await desk.begin();
    expect(await asked(session, session)).toEqual(['answered', 'answered', 'answered']);
  });

  it('another session of the same user may see it and end it', async () => {
    const session = await desk.begin();
    const { userId, device } = session;
    if (device === null) throw new Error('there is a device');
    desk.house.clock.now += 30_000;
    const totpCode = codeOf(desk.house, device);
    const another = await answerOf(desk.house, creating({ userId }, { password, totpCode }));
    expect(await asked(session, another)).toEqual(['answered', '7 permission-denied AUTH-AWfge', 'answered']);
  });

  it('those of other users and organizations see nothing', async () => {
    const [session, other, elsewhere] = [
      await desk.begin(),
      await desk.begin(),
      await desk.begin({ elsewhere: true }),
    ];
    const hidden = [notThere, notThere, notThere];
    expect(await asked(other, session)).toEqual(hidden);
    expect(await asked(elsewhere, session)).toEqual(hidden);
    expect(await asked('ada', session)).toEqual(hidden);
    expect(await asked('strangersOwner', session)).toEqual(hidden);
    const nowhere = { sessionId: '0198f3a2-0000-7000-8000-00000000dead' as never };
    expect(await asked(session, nowhere)).toEqual(hidden);
  });

  it('roles of its organization and of the instance do', async () => {
    for (const person of ['owner', 'root'] as const)
      expect(await asked(person, await desk.begin())).toEqual(['answered', 'answered', 'answered']);
    expect(await asked('reader', await desk.begin())).toEqual([notThere, notThere, notThere]);
  });

  it('one login client changes none that another one made, and is given no token of it', async () => {
    const session = await desk.begin({ factor: false });
    const { userId } = session;
    for (const person of ['grace', 'reader'] as const)
      await answerOf(
        desk.house,
        new AddInstanceMember({ userId: idOf(person), roles: ['INSTANCE_LOGIN_CLIENT'], by }),
      );
    const checks = { user: { search: { case: 'userId' as const, value: userId } } };
    const made = await desk.ask('grace', createSession, { checks });
    const { sessionId } = made;
    const lifetime = { seconds: 600n };
    for (const one of [session.sessionId, sessionId])
      expect(await desk.said('reader', setSession, { sessionId: one, lifetime })).toBe(
        '7 permission-denied AUTH-AWfge',
      );
    expect(await desk.said('reader', getSession, { sessionId })).toBe('answered');
    expect(await worthOf(desk.house, made.sessionToken)).toBe('no password');
    const { sessionToken } = await desk.ask('grace', setSession, { sessionId, lifetime });
    expect(await worthOf(desk.house, sessionToken)).toBe('no password');
    expect(await desk.said('reader', deleteSession, { sessionId })).toBe('answered');
  });

  it('its token opens it for whoever brings it, and a wrong one closes it', async () => {
    const [session, other] = [await desk.begin(), await desk.begin()];
    const { sessionId } = session;
    const [sessionToken = '', wrong = ''] = [session, other].map((one) => one.authorization.slice(7));
    expect(await desk.said('ada', getSession, { sessionId, sessionToken })).toBe('answered');
    expect(await desk.said('ada', getSession, { sessionId, sessionToken: wrong })).toBe(notThere);
    expect(await desk.said('owner', getSession, { sessionId, sessionToken: wrong })).toBe(
      '7 session-token-wrong QUERY-dsfr3',
    );
    expect(await desk.said('owner', deleteSession, { sessionId, sessionToken: 'css_x' })).toBe(
      '7 session-token-wrong COMMAND-sGr42',
    );
    expect(await desk.said('ada', deleteSession, { sessionId, sessionToken })).toBe('answered');
  });

  describe('where a first factor has to be enrolled', () => {
    beforeAll(() => desk.requireFactor(true));
    afterAll(() => desk.requireFactor(false));

    it('the session itself may end itself, and nothing else', async () => {
      const enrolFirst = '7 enrolment-required AUTHZ-Kl3p0';
      const [session, other] = [await desk.begin({ factor: false }), await desk.begin()];
      const { userId, sessionId, authorization } = session;
      const own = await answerOf(desk.house, creating({ userId }, { password }));
      const ofOwn = { sessionId: own.sessionId, sessionToken: String(own.token) };
      const others = [own, other, { sessionId: people.nobody }, { sessionId: '' }];
      for (const { sessionId: another } of others)
        expect(await desk.said({ authorization }, deleteSession, { sessionId: another })).toBe(enrolFirst);
      expect(await desk.said({ authorization }, deleteSession, ofOwn)).toBe(enrolFirst);
      for (const method of [getSession, setSession])
        expect(await desk.said({ authorization }, method, { sessionId })).toBe(enrolFirst);
      expect(await desk.said({ authorization }, deleteSession, { sessionId })).toBe('answered');
      expect(await worthOf(desk.house, authorization.slice('Bearer '.length))).toBe('nothing');
      expect(await worthOf(desk.house, String(own.token))).not.toBe('nothing');
    });
  });
});
