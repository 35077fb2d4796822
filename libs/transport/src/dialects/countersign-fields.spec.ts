// Nothing that a request can say is left out of account in silence: setting a field, and nothing else, changes what
// is done, what is answered or what is refused.

import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from '@nestjs/cqrs';

import { SetPolicy } from '#application/policy/set-policy.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { askerOf } from '#transport/asked.js';
import { countersignServices } from '#transport/dialects/countersign/services.js';
import type { Call, Implemented, MethodImplementation } from '#transport/implementation.js';
import { type CountersignDesk, methods, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { idOf, people } from '#transport/testing/desk.js';

let desk: CountersignDesk;
let implemented: readonly Implemented[];
const sent: Command<unknown>[] = [];
beforeAll(async () => {
  desk = await openCountersignDesk();
  const run = async (command: Command<unknown>) => {
    sent.push(command);
    return { kind: 'accepted', details, answer: { parameters, expiresAt: 0, codesLeft: 1, totpId: 'made' } };
  };
  const { house, following, operating } = desk;
  for (const [name, text] of Object.entries(policies))
    await answerOf(house, new SetPolicy({ organizationId, name, text, by }));
  implemented = countersignServices({
    application: house.application,
    queries: following.queries,
    operating,
    run: run as never,
    implemented: () => implemented,
  }).flat();
});
afterAll(() => desk.close());

/** Which make a difference where somebody asks what they would decide. */
const policies = {
  everybody: 'permit(principal, action, resource);',
  text: 'forbid(principal, action, resource) when { context.call == "text" || context.secondFactor };',
};

const details = { sequence: 1, changeDate: 0, resourceOwner: organizationId };
const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };

type Path = readonly [DescField, ...DescField[]];

/** Each field that holds no fields of its own. */
const leavesOf = (message: DescMessage): readonly Path[] =>
  message.fields.flatMap((field): readonly Path[] =>
    field.message === undefined ? [[field]] : leavesOf(field.message).map((inner): Path => [field, ...inner]),
  );

/** Of an enumeration not the first, which is often what is meant anyway. */
function sampleOf(field: DescField): unknown {
  if (field.fieldKind === 'list') return [field.listKind === 'enum' ? 2 : 'text'];
  if (field.fieldKind === 'enum') return 2;
  if (field.localName === 'userId') return people.ada;
  if (field.scalar === ScalarType.BOOL) return true;
  return field.scalar === ScalarType.STRING ? 'text' : 1;
}

/** Without which a method asks for it, and looks at nothing else. */
const needed: Readonly<Record<string, object>> = {
  ExplainRequest: { action: 'user.read', targetUserId: people.ada },
  SetPasswordRequest: { passwordType: { case: 'password', value: 'correct horse' } },
};

const setTo = (field: DescField, value: unknown) =>
  field.oneof === undefined
    ? { [field.localName]: value }
    : { [field.oneof.localName]: { case: field.localName, value } };

/** Somebody who is there, what leads to the field, and the field itself only where it shall be set. */
function messageWith(desc: DescMessage, [field, ...inner]: readonly DescField[], isSet: boolean): Message {
  const isSomebody = 'userId' in desc.field && field?.localName !== 'userId';
  const given = { ...needed[desc.name], ...(isSomebody ? { userId: people.ada } : {}) };
  const message = create(desc, given as never);
  if (field === undefined) return message;
  if (inner.length > 0 && field.message !== undefined)
    Object.assign(message, { [field.localName]: messageWith(field.message, inner, isSet) });
  else if (isSet) Object.assign(message, setTo(field, sampleOf(field)));
  return message;
}

async function effectOf({ method, implementation }: Implemented, request: Message): Promise<string> {
  sent.length = 0;
  const userStream = desk.house.application.userStream(idOf('root'));
  const principal = { userStream, userId: idOf('root'), tokenId: 'token', organizationId, scopes: ['all'] };
  const incoming = { signal: new AbortController().signal, organization: null };
  const asked = askerOf(implementation.access)(request);
  const call = { incoming, principal, by, organizationId } as unknown as Call;
  const result = await (implementation as MethodImplementation<Message, object>).run(request, call);
  const commands = sent.map((command) => [command.constructor.name, command]);
  return JSON.stringify([method.name, asked, commands, result], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

describe('a field of a request', () => {
  const fields = methods.flatMap((method) =>
    leavesOf(method.input).map((path) => ({
      name: [method.name, ...path.map((field) => field.name)].join('.'),
      method,
      path,
    })),
  );

  it('is found in every request', () => {
    expect(new Set(fields.map(({ method }) => method)).size).toBe(methods.length);
    expect(fields.length).toBeGreaterThan(70);
  });

  it.each(fields)('has an effect: $name', async ({ method, path }) => {
    const built = implemented.find((one) => one.method === method);
    if (built === undefined) throw new Error(`${method.name} is not built`);
    const without = await effectOf(built, messageWith(method.input, path, false));
    const withIt = await effectOf(built, messageWith(method.input, path, true));
    expect(withIt).not.toBe(without);
  });
});
