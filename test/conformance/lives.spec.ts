// One life through every dialect, and each answer held against what /openapi.json says of it.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { unfitFor } from '#test/conformance/documented.js';
import { type Ask, type Known, type Life, lives, type Step, steps } from '#test/conformance/lives.js';
import { apiKey } from '#transport/dialects/api-key/dialect.js';
import { me2fa } from '#transport/dialects/me-2fa/dialect.js';
import { mfaEnroll } from '#transport/dialects/mfa-enroll/dialect.js';
import { tenant } from '#transport/dialects/tenant/dialect.js';
import { openapiOfDialect } from '#transport/openapi/dialect.js';
import { openapiOf } from '#transport/openapi/document.js';
import { mergeOpenapi } from '#transport/openapi/merge.js';
import { openPlainDesk, type PlainDesk, type Reply } from '#transport/testing/plain-desk.js';

const dialects = [tenant, apiKey, me2fa, mfaEnroll({ name: 'sid', externalUrl: 'https://id.example' })];
const contract = openapiOf([UserService, FactorService, RecoveryCodeService], '1.2.3');
const document = dialects.map(openapiOfDialect).reduce(mergeOpenapi, contract);

let desk: PlainDesk;
beforeAll(async () => {
  desk = await openPlainDesk(...dialects);
});
afterAll(() => desk.close());

async function send(life: Life, ask: Ask, known: Known): Promise<Reply> {
  const url = ask.path.replace('{id}', known.begun.id).replace('{user_id}', known.userId);
  const isOurs = ask.path.startsWith('/countersign/') || ask.path.startsWith('/v2/');
  const headers = isOurs ? { authorization: `Bearer ${known.token}` } : life.headers(known);
  const proof = ask.verb === 'DELETE' && isOurs ? { 'x-countersign-code': known.code } : {};
  return desk.send({
    method: ask.verb,
    url,
    headers: { ...headers, ...proof },
    ...(ask.body && { payload: ask.body }),
  });
}

interface Lived {
  readonly step: Step;
  readonly ask: Ask;
  readonly reply: Reply;
}

/** Each step half a minute and more after the one before, so that the app shows another code. */
async function live(life: Life): Promise<readonly Lived[]> {
  const somebody = await desk.newcomer();
  let known: Known = {
    ...somebody,
    organizationId,
    begun: { id: '', secret: '' },
    recoveryCodes: [],
    code: '',
    firstCode: '',
    wrongCode: '',
  };
  const lived: Lived[] = [];
  for (const step of steps) {
    const ask = life.steps[step].ask(known);
    const reply = await send(life, ask, known);
    lived.push({ step, ask, reply });
    known = learned(life, { step, known, reply });
  }
  return lived;
}

function learned(
  life: Life,
  { step, known, reply }: { readonly step: Step; readonly known: Known; readonly reply: Reply },
): Known {
  const body = reply.body as never;
  const begun = step === 'begin' ? life.secretIn(body) : known.begun;
  const recoveryCodes = step === 'codes' ? life.codesIn(body) : known.recoveryCodes;
  // The confirming code is shown again at once, to be refused as used.
  if (step !== 'right code') desk.house.clock.now += 60_000;
  const code = desk.codeOf(begun.secret);
  const firstCode = step === 'wrong code' ? code : known.firstCode;
  return { ...known, begun, recoveryCodes, code, firstCode, wrongCode: desk.codeOf(begun.secret, 50) };
}

describe.each(lives)('a life in $name', (life) => {
  let lived: readonly Lived[];
  beforeAll(async () => {
    lived = await live(life);
  });

  it.each(steps)('%s', (step) => {
    const { ask, reply } = lived.find((one) => one.step === step) as Lived;
    expect({ status: reply.status, body: reply.body }).toMatchObject(life.steps[step].answer);
    expect(unfitFor(document, ask, reply)).toBeNull();
  });

  it('asks in the words of the contract only where it is declared', () => {
    const own = (path: string) =>
      life.name === 'zitadel' ? path.startsWith('/v2/') : !path.startsWith('/countersign/');
    const others = lived.filter(({ ask }) => !own(ask.path)).map(({ step }) => step);
    expect(others).toEqual(
      Object.keys(life.gaps).toSorted(
        (one, other) => steps.indexOf(one as Step) - steps.indexOf(other as Step),
      ),
    );
  });
});

it('an answer that is another than the document says is found', () => {
  const ask: Ask = { verb: 'GET', path: '/auth/v1/users/current/totp' };
  expect(unfitFor(document, ask, { status: 200, body: { enabled: 'yes' } })).toMatch(/enabled/);
  expect(unfitFor(document, ask, { status: 200, body: {} })).toMatch(/required/);
  expect(unfitFor(document, ask, { status: 418, body: {} })).toMatch(/418/);
});
