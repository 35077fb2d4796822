import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import { AuthenticationMethodType, UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const rpc = UserService.method;
const { TOTP, RECOVERY_CODE } = AuthenticationMethodType;

let desk: ZitadelDesk;
beforeAll(async () => {
  desk = await openZitadelDesk();
});
afterAll(() => desk.close());

const profile = { givenName: 'Grace', familyName: 'Hopper' };
let people_ = 0;
async function someone(): Promise<string> {
  people_ += 1;
  const email = { email: `someone-${people_}@example.com` };
  const { id } = await desk.ask('owner', rpc.createUser, {
    userType: { case: 'human', value: { profile, email } },
  });
  return id;
}

const methodsOf = async (userId: string) =>
  (await desk.ask('owner', rpc.listAuthenticationMethodTypes, { userId })).authMethodTypes;

const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('a second factor', () => {
  it('lives from its registration to its removal', async () => {
    const userId = await someone();
    const { secret, uri, details } = await desk.ask('owner', rpc.registerTOTP, { userId });
    expect(uri).toBe(
      `otpauth://totp/Acme:someone-${people_}%40example.com?secret=${secret}&issuer=Acme&algorithm=SHA1&digits=6&period=30`,
    );
    expect(details).toMatchObject({ sequence: 2n, resourceOwner: organizationId });
    expect(await methodsOf(userId)).toEqual([]);

    const code = desk.codeOf(secret);
    expect(await desk.said('owner', rpc.verifyTOTPRegistration, { userId, code: wrong(code) })).toBe(
      '3 wrong-code EVENT-8isk2',
    );
    const verified = await desk.ask('owner', rpc.verifyTOTPRegistration, { userId, code });
    // One was the wrong code's.
    expect(verified.details?.sequence).toBe(4n);
    expect(await methodsOf(userId)).toEqual([TOTP]);

    const made = await desk.ask('owner', rpc.generateRecoveryCodes, { userId, count: 3 });
    expect(made.recoveryCodes).toHaveLength(3);
    expect(new Set(made.recoveryCodes).size).toBe(3);
    expect(made.details?.sequence).toBe(5n);
    expect(await methodsOf(userId)).toEqual([TOTP, RECOVERY_CODE]);

    const removed = await desk.ask('owner', rpc.removeTOTP, { userId });
    expect(removed.details?.sequence).toBe(6n);
    expect(await methodsOf(userId)).toEqual([RECOVERY_CODE]);
    await desk.ask('owner', rpc.removeRecoveryCodes, { userId });
    expect(await methodsOf(userId)).toEqual([]);
  });
});
