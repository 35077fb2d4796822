import { create } from '@bufbuild/protobuf';
import { expect, it } from '@jest/globals';

import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { withAccessLines } from '#server/access-lines.js';
import type { Log } from '#server/log.js';
import type { Answered, Incoming } from '#transport/call.js';
import { readAs } from '#transport/testing/reading.js';
import { unaryOnly } from '#transport/testing/unary-only.js';

const { verifyTOTPRegistration: method } = UserService.method;
const incoming = { requestId: '01M7Z5WC44MJBDRXZS80CT07T1' } as Incoming;

it.each([
  [{ kind: 'answered', message: create(method.output), headers: {} }, 0],
  [{ kind: 'refused', status: { code: 3, message: 'no', details: [] }, headers: {} }, 3],
] as const satisfies readonly (readonly [Answered, number])[])(
  'a call by gRPC has a line under the id of its request, without what was sent: %#',
  async (answered, status) => {
    const lines: unknown[] = [];
    const log = {
      info: (fields: object, text: string) => lines.push({ ...fields, text }),
    } as unknown as Log;
    const served = withAccessLines(unaryOnly({ services: [], invoke: async () => answered }), log);
    const request = readAs(create(method.input, { userId: 'ada', code: '424242' }));
    expect(await served.invoke(method, request, incoming)).toBe(answered);
    expect(lines).toEqual([
      {
        method: 'zitadel.user.v2.UserService/VerifyTOTPRegistration',
        status,
        durationMs: expect.any(Number),
        text: 'call',
        requestId: incoming.requestId,
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('424242');
  },
);
