// Random sequences of commands, and the first place where the domain and the model do not agree.

import fc from 'fast-check';
import { defaultSettings, type Settings } from '#domain/organization/settings.js';
import { digitsOf, Model, type ShownCode, type Step } from '#domain/testing/model.js';
import { ModelSubject, sealed } from '#domain/testing/model-subject.js';

export interface Sequence {
  readonly settings: Settings;
  readonly steps: readonly Step[];
}

const began = Date.UTC(2030, 5, 15, 12);
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

const device = fc.constantFrom('phone', 'watch', 'tablet', 'token');
const anyDevice = fc.option(device);
const offset = fc.integer({ min: -2, max: 2 });
const shownBy = fc.record({ device, offset });
const wrongCode = fc.record({ digits: fc.constantFrom<6 | 8>(6, 6, 8), by: fc.constant([]) });
const shownCode: fc.Arbitrary<ShownCode> = fc.oneof(
  { weight: 2, arbitrary: wrongCode },
  {
    weight: 4,
    arbitrary: shownBy.map((one) => ({ digits: digitsOf(one.device), by: [one] })),
  },
  // Chance lets a code stand for several.
  {
    weight: 1,
    arbitrary: fc
      .array(shownBy, { minLength: 2, maxLength: 3 })
      .map((by) => ({ digits: digitsOf(by[0]?.device ?? ''), by })),
  },
);
/** Two sets, whose codes share their places. */
const text = fc.constantFrom('one-aa', 'one-bb', 'one-cc', 'one-dd', 'one-ee', 'two-aa', 'two-bb', 'two-xx');
const set = fc.constantFrom(
  ['one-aa', 'one-bb', 'one-cc', 'one-dd', 'one-ee'],
  ['two-aa', 'two-bb'],
  ['one-cc'],
);
const wait = fc.constantFrom(
  ...[10 * second, 30 * second, 60 * second, 599 * second, 600 * second, hour, 2 * hour, day, 29 * day],
  ...[30 * day, 400 * day, -30 * second, -hour, -2 * hour, -day, -400 * day],
);
const chosen: fc.Arbitrary<Partial<Settings>> = fc.record({
  failuresBeforeDelay: fc.constantFrom(1, 3, 5, 10),
  delaySecondsFirst: fc.constantFrom(1, 30, 300),
  delaySecondsMax: fc.constantFrom(30, 3_600),
  deviceFailuresMax: fc.constantFrom(1, 3, 5, 20, 100),
  failuresPerWindowMax: fc.constantFrom(5, 8, 30),
  stepsPast: fc.constantFrom<0 | 1>(0, 1),
  stepsFuture: fc.constantFrom<0 | 1>(0, 1),
  totpDevicesMax: fc.constantFrom(1, 2, 3, 4),
  passwordFailuresBeforeDelay: fc.constantFrom(1, 3, 5, 10),
  passwordFailuresMax: fc.constantFrom(10, 15, 100),
});

type Kind<Name extends Step['do']> = Extract<Step, { do: Name }>;
const of = <Name extends Step['do']>(name: Name) => ({ do: fc.constant(name) });

const single: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record<Kind<'verify'>>({ ...of('verify'), device: anyDevice, code: shownCode }),
  },
  { weight: 6, arbitrary: fc.record<Kind<'wait'>>({ ...of('wait'), ms: wait }) },
  { weight: 5, arbitrary: fc.record<Kind<'recover'>>({ ...of('recover'), text }) },
  {
    weight: 8,
    arbitrary: fc.record<Kind<'password'>>({
      ...of('password'),
      guess: fc.constantFrom('right', 'wrong', 'wrong', 'wrong'),
    }),
  },
  { weight: 1, arbitrary: fc.record(of('set password')) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('start', 'register'), device }) },
  {
    weight: 4,
    arbitrary: fc.record<Kind<'confirm'>>({ ...of('confirm'), device: anyDevice, code: shownCode }),
  },
  { weight: 1, arbitrary: fc.record({ ...of('rename'), device, name: fc.constantFrom('new', 'old') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...of('remove'),
      device,
      proof: fc.constantFrom('none', 'none', 'administrator'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...of('remove by code'), device, code: shownCode }) },
  { weight: 1, arbitrary: fc.record({ ...of('remove by recovery code'), device, text }) },
  {
    weight: 2,
    arbitrary: fc.record({ ...of('resync'), device, drift: fc.option(fc.integer({ min: -20, max: 20 })) }),
  },
  { weight: 2, arbitrary: fc.record({ ...of('generate'), texts: set, withPending: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('remove codes', 'reset attempts', 'reset attempts', 'reset factors'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('unlock', 'reactivate') }) },
  { weight: 1, arbitrary: fc.record({ ...of('settings'), settings: chosen }) },
) as fc.Arbitrary<Step>;

/** Somebody who waits out every delay, which single steps hardly ever do. */
const assault: fc.Arbitrary<readonly Step[]> = fc
  .record({ device: fc.option(device, { freq: 1 }), times: fc.integer({ min: 2, max: 25 }) })
  .map(({ device: asked, times }) =>
    Array.from({ length: times }, (): readonly Step[] => [
      { do: 'verify', device: asked, code: { digits: 6, by: [] } },
      { do: 'wait', ms: hour },
    ]).flat(),
  );

/** The same at a password. */
const passwordAssault: fc.Arbitrary<readonly Step[]> = fc.integer({ min: 2, max: 20 }).map((times) =>
  Array.from({ length: times }, (): readonly Step[] => [
    { do: 'password', guess: 'wrong' },
    { do: 'wait', ms: hour },
  ]).flat(),
);

/** Shut, and open again after some steps: most of a sequence would meet closed doors. */
const shut: fc.Arbitrary<readonly Step[]> = fc
  .record({
    doors: fc.constantFrom<readonly [Step, Step]>(
      [{ do: 'lock' }, { do: 'unlock' }],
      [{ do: 'deactivate' }, { do: 'reactivate' }],
      [
        { do: 'organization', status: 'inactive' },
        { do: 'organization', status: 'active' },
      ],
    ),
    within: fc.array(fc.oneof(single, fc.constantFrom<Step>({ do: 'lock' }, { do: 'deactivate' })), {
      maxLength: 4,
    }),
  })
  .map(({ doors: [closing, opening], within }) => [
    closing,
    ...within,
    opening,
    { do: 'unlock' },
    { do: 'reactivate' },
  ]);

/** The same code or its neighbour, as in two requests of one login. */
const twice: fc.Arbitrary<readonly Step[]> = fc
  .record({ shown: fc.tuple(shownBy, shownBy), asked: fc.boolean() })
  .map(({ shown, asked }) =>
    shown.map(({ offset: by }): Step => {
      const { device: one } = shown[0];
      const code = { digits: digitsOf(one), by: [{ device: one, offset: by }] };
      return { do: 'verify', device: asked ? one : null, code };
    }),
  );

const enrolment: fc.Arbitrary<readonly Step[]> = fc
  .record({ device, texts: fc.option(set) })
  .map(({ device: one, texts }): readonly Step[] => [
    { do: 'start', device: one },
    ...(texts === null ? [] : [{ do: 'generate', texts, withPending: true } as const]),
    { do: 'confirm', device: null, code: { digits: digitsOf(one), by: [{ device: one, offset: 0 }] } },
  ]);

const parts = fc.oneof(
  { weight: 20, arbitrary: single.map((step): readonly Step[] => [step]) },
  { weight: 2, arbitrary: assault },
  { weight: 1, arbitrary: passwordAssault },
  { weight: 1, arbitrary: shut },
  { weight: 3, arbitrary: twice },
  { weight: 3, arbitrary: enrolment },
);

const steps = fc.array(parts, { minLength: 20, maxLength: 60, size: 'max' }).map((all) => all.flat());

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  settings: fc.option(chosen).map((overrides) => ({ ...defaultSettings, ...overrides })),
  steps: steps.map((all): readonly Step[] => [{ do: 'register', device: 'phone' }, ...all]),
});

/**
 * What was told last, and what had to be; null when all of it agrees.
 *
 * @param onVerdict told each code that was answered
 */
export function disagreement(
  { settings, steps: taken }: Sequence,
  onVerdict: (code: string) => void = () => undefined,
): object | null {
  const model = new Model(began, settings);
  const subject = new ModelSubject(began, settings);
  for (const [index, step] of taken.entries()) {
    const wanted = { told: model.take(step), state: stateOf(model) };
    const found = { told: subject.take(step), state: stateOfSubject(subject) };
    onVerdict(wanted.told.code);
    if (!isSame(wanted, found)) return { step, index, wanted, found };
  }
  const replayed = subject.replayed();
  return isSame(replayed, subject.account) ? null : { replayed, folded: subject.account };
}

function stateOf({ devices, pending, codes, waiting, password }: Model) {
  return {
    devices: devices.map((one) => ({ ...one })),
    pending: pending === null ? null : { ...pending },
    codes: [...codes],
    waiting,
    hasPassword: password.isSet,
    wrongPasswords: password.failures,
  };
}

/** In the words of the model. */
function stateOfSubject({ account: { totp, recoveryCodes, password } }: ModelSubject) {
  const textOf = ({ hash }: { readonly hash: string }) => hash.replace('hash of ', '');
  const nameOf = (name: unknown) => ['new', 'old'].find((one) => sealed(one) === name) ?? name;
  const { pending } = totp;
  return {
    devices: totp.devices.map((one) => ({
      id: one.totpId,
      name: nameOf(one.name),
      isDisabled: one.status === 'disabled',
      failures: one.failures,
      lastStep: one.spentStep,
      drift: one.driftSteps,
    })),
    pending:
      pending === null ? null : { id: pending.totpId, name: nameOf(pending.name), until: pending.expiresAt },
    codes: recoveryCodes.codes.map(textOf),
    waiting: recoveryCodes.pending?.codes.map(textOf) ?? null,
    hasPassword: password.current !== null,
    wrongPasswords: password.inARow?.failures ?? 0,
  };
}

/** Whatever the order of their fields. */
function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
