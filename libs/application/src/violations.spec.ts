// Most commands are found in order without class-validator. It is asked here about each of them all the same, so
// that nothing is let through that it would refuse.

import { describe, expect, it } from '@jest/globals';
import { getMetadataStorage, Length, validateSync } from 'class-validator';
import fc from 'fast-check';
import 'reflect-metadata';

import { handlers } from '#application/handlers.js';
import { IsFieldsOf, IsId, IsText, IsWhole, MayBeNull } from '#application/input.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields } from '#application/password/chosen.js';
import { by, organizationId } from '#application/testing/house.js';
import { AddHumanUser } from '#application/user/add-human-user.js';
import { PasswordChangeFields } from '#application/user/change-human-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { type Violation, violationsOf } from '#application/violations.js';

type Kind = new (...fields: never[]) => object;
const commands: Kind[] = handlers.map((handler) => Reflect.getMetadata('__commandHandler__', handler));
const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? Date.now() % 1_000_000);

const canary = 'c4nary';
const profile = new HumanProfileFields({ givenName: 'Ada', familyName: 'L' });
const password = new NewPasswordFields({ value: 'correct horse' });
const shown = new PasswordShown({ way: 'administrator' });
const colour = { key: 'colour', value: Buffer.from('blue') };
const values: readonly unknown[] = [
  ...[
    [colour],
    [colour, { ...colour, key: 'size' }],
    [colour, colour],
    [{ ...colour, value: 'blue' }],
    colour,
  ],
  ...[undefined, null, true, false, {}, [], new Set(), new Map(), new Date(0), Symbol('s'), () => 1],
  ...[0, -0, 1, 2, 5, 6, 8, 10, 30, 60, 100, 1.5, -1, 2 ** 40, 8.64e15, 8.64e15 + 2, Number.NaN, 1n],
  ...['', 'a', ' ', '\n', 'a\u0000', '\ud800', 'text', '1', 'SHA1', 'ORG_OWNER', 'female', 'none', 'return'],
  ...[1, 35, 36, 64, 65, 100, 101, 160, 161, 200, 201, 320, 321, 500, 501].map((length) =>
    'x'.repeat(length),
  ),
  ...['a@b', '@', 'a@', 'a b@c', `${'a'.repeat(400)}@b`, ['a'], ['a', 'a'], ['a', 1], ['issuer'], [['a']]],
  ...[profile, new HumanProfileFields({ givenName: '', familyName: 'L' }), [profile], { ...profile }],
  ...[
    new SettingsFields({ stepsPast: 1 }),
    new SettingsFields({ stepsPast: 9 as 1 }),
    [new SettingsFields({})],
  ],
  ...[{ type: 'instance.projection.paused', projection: 'users' }, { type: 'instance.added' }, 'ordered'],
  new SettingsFields({ totpParameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } }),
  ...[password, new NewPasswordFields({ value: '' }), shown, new PasswordShown({ way: 'code', text: '\n' })],
  new PasswordChangeFields({ password, shown }),
];

const ruled = (kind: Kind): string[] => [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(kind, '', false, false)
      .map(({ propertyName }) => propertyName),
  ),
];
const made = (kind: Kind, fields: object): object => Object.assign(Object.create(kind.prototype), fields);
const refuses = (command: object) => validateSync(command, { forbidUnknownValues: true });

/** What class-validator alone has nothing against, field by field. */
function rightValues(kind: Kind): [string, unknown[]][] {
  return ruled(kind).map((field) => [
    field,
    values.filter((value) =>
      refuses(made(kind, { [field]: value })).every(({ property }) => property !== field),
    ),
  ]);
}

/** Mostly right, so that whole commands are; and everything else besides. */
const anyOf = (kind: Kind) =>
  fc.record(
    Object.fromEntries(
      rightValues(kind).map(([field, right]) => [
        field,
        fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom(...right) },
          { weight: 1, arbitrary: fc.constantFrom(...values) },
          { weight: 1, arbitrary: fc.anything() },
        ),
      ]),
    ),
  );

describe('a command', () => {
  it.each(commands.map((kind) => [kind.name, kind] as const))(
    'is in order when class-validator has nothing against it, and only then: %s',
    (_, kind) => {
      const seen = { right: 0, wrong: 0 };
      const property = fc.property(anyOf(kind), (fields) => {
        const isRight = refuses(made(kind, fields)).length === 0;
        seen[isRight ? 'right' : 'wrong'] += 1;
        expect(violationsOf(made(kind, fields)).length === 0).toBe(isRight);
      });
      fc.assert(property, { seed, numRuns: 200 });
      expect(Math.min(seen.right, seen.wrong)).toBeGreaterThan(5);
    },
  );

  it.each(commands.map((kind) => [kind.name, kind] as const))(
    'is never answered with what was sent: %s',
    (_, kind) => {
      const wrong = fc.constantFrom<unknown>(
        ...[`${canary}\n`, canary.repeat(200), [canary], { [canary]: canary }, new Map([[canary, canary]])],
        ...[new HumanProfileFields({ givenName: `${canary}\n`, familyName: `\u0000${canary}` })],
        ...[new SettingsFields({ issuer: `${canary}\n`, stepsPast: canary as unknown as 1 })],
        new SettingsFields({ totpParameters: { algorithm: canary } as never }),
      );
      const fields = fc.record(Object.fromEntries(ruled(kind).map((field) => [field, wrong])));
      const property = fc.property(fields, (sent) => {
        const violations = violationsOf(made(kind, sent));
        expect(violations.length).toBeGreaterThan(0);
        expect(JSON.stringify(violations)).not.toContain(canary);
      });
      fc.assert(property, { seed, numRuns: 50 });
    },
  );
});

const ruleOf = ({ field, rule }: Violation) => `${field}: ${rule}`;
const rulesBroken = (command: object) => violationsOf(command).map(ruleOf);

describe('rules that are not all ours', () => {
  class Foreign {
    @IsText(100) readonly text: string;
    @Length(3, 5) readonly other: string;
    constructor(text: string, other: string) {
      this.text = text;
      this.other = other;
    }
  }
  class Both {
    @IsText(100) @Length(3, 5) readonly text: string;
    constructor(text: string) {
      this.text = text;
    }
  }
  class Heir extends Both {
    @IsWhole(1, 9) readonly count: number;
    constructor(text: string, count: number) {
      super(text);
      this.count = count;
    }
  }
  class BareHeir extends Heir {}

  it('hold as well as ours', () => {
    expect(rulesBroken(new Foreign('text', 'four'))).toEqual([]);
    expect(rulesBroken(new Foreign('text', 'longer'))).toEqual(['other: isLength']);
    expect(rulesBroken(new Both('text'))).toEqual([]);
    expect(rulesBroken(new Both('longer'))).toEqual(['text: isLength']);
  });

  it('hold where they are inherited', () => {
    expect(rulesBroken(new Heir('text', 1))).toEqual([]);
    expect(rulesBroken(new Heir('longer', 1))).toEqual(['text: isLength']);
    expect(rulesBroken(new Heir('text', 0))).toEqual(['count: whole-number']);
    expect(rulesBroken(new BareHeir('longer', 1))).toEqual(['text: isLength']);
  });

  it('are missed where there are none at all: what was never ruled is refused', () => {
    class Unruled {
      readonly text = 'text';
    }
    expect(rulesBroken(new Unruled())).toEqual(['undefined: unknownValue']);
  });
});

describe('a field', () => {
  class Sent {
    @IsId() readonly id: unknown;
    @MayBeNull() @IsWhole(1, 9) readonly count: unknown;
    constructor(id: unknown, count: unknown) {
      this.id = id;
      this.count = count;
    }
  }

  it('may be null where it says so, and only there', () => {
    expect(rulesBroken(new Sent('a', null))).toEqual([]);
    expect(rulesBroken(new Sent(null, null))).toEqual(['id: id']);
    expect(rulesBroken(new Sent('a', 10))).toEqual(['count: whole-number']);
  });

  const sent = { organizationId, email: 'ada@example.com', by };
  it('is named with the path that leads to it', () => {
    const wrong = new HumanProfileFields({ givenName: '', familyName: 'L' });
    expect(rulesBroken(new AddHumanUser({ ...sent, profile: wrong }))).toEqual(['profile.givenName: text']);
    const totpParameters = { algorithm: 'SHA1', digits: 7 as 6, periodSeconds: 30 } as const;
    const changed = new SettingsFields({ totpParameters });
    expect(rulesBroken(new ChangeOrganizationSettings({ organizationId, changed, by }))).toEqual([
      'changed.totpParameters.digits: one-of',
    ]);
  });

  it.each<[string, unknown]>([
    ['left out', undefined],
    ['null', null],
    ['a text', 'text'],
    ['an empty list', []],
    ['a list of them', [profile]],
    ['an empty set', new Set()],
    ['a map', new Map([['a', 1]])],
    ['an object of no kind', { ...profile }],
  ])('that has fields of its own has those, and is nothing else: %s', (_, other) => {
    const command = new AddHumanUser({ ...sent, profile: other as HumanProfileFields });
    expect(violationsOf(command)).toEqual([
      {
        field: 'profile',
        rule: 'fields',
        message: 'must be an object with the fields that belong here',
      },
    ]);
  });

  it('that has fields of its own may have them of a heir', () => {
    class Holder {
      @IsFieldsOf(Sent) readonly sent: Sent;
      constructor(one: Sent) {
        this.sent = one;
      }
    }
    class SentOn extends Sent {}
    expect(rulesBroken(new Holder(new SentOn('a', null)))).toEqual([]);
    expect(rulesBroken(new Holder(new SentOn('', null)))).toEqual(['sent.id: id']);
  });
});
