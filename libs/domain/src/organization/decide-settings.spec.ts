import { describe, expect, test } from '@jest/globals';
import type { OrganizationId } from '#domain/ids.js';
import { evolveInstance, noInstance } from '#domain/instance/state.js';
import { changeSettings, resetSettings } from '#domain/organization/decide.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { defaultSettings, type SettingName, settingRanges } from '#domain/organization/settings.js';
import {
  effectiveSettings,
  evolveOrganization,
  noOrganization,
  type OrganizationState,
} from '#domain/organization/state.js';
import { specificationOf } from '#domain/testing/specification.js';

const given = specificationOf({
  initial: noOrganization,
  evolve: evolveOrganization,
  circumstances: { inherited: defaultSettings },
});
const organizationOf = (...past: readonly OrganizationEvent[]): OrganizationState =>
  past.reduce(evolveOrganization, noOrganization);

const added: OrganizationEvent = {
  type: 'org.added',
  organizationId: 'acme' as OrganizationId,
  name: 'Acme',
};
const deactivated: OrganizationEvent = { type: 'org.deactivated' };
const removed: OrganizationEvent = { type: 'org.removed' };

const parameters = { algorithm: 'SHA256', digits: 8, periodSeconds: 60 } as const;
const changedTo = (changed: Extract<OrganizationEvent, { type: 'org.settings.changed' }>['changed']) =>
  ({ type: 'org.settings.changed', changed }) as const;
const reset = (...names: readonly SettingName[]) => ({ type: 'org.settings.reset', names }) as const;

describe('the settings of an organization', () => {
  test('an organization may choose', () => {
    const changed = { stepsPast: 0, totpParameters: parameters, secondFactorRequired: true } as const;
    given(added).when(changeSettings, { changed }).then(changedTo(changed));
    given(added, deactivated).when(changeSettings, { changed }).then(changedTo(changed));
  });

  test('only what is changed is in the event, and nothing when nothing is', () => {
    const changed = { stepsPast: 0, totpDevicesMax: 5 } as const;
    given(added, changedTo({ stepsPast: 0 }))
      .when(changeSettings, { changed })
      .then(changedTo({ totpDevicesMax: 5 }));
    given(added, changedTo(changed)).when(changeSettings, { changed }).then();
    given(added).when(changeSettings, { changed: {} }).then();
  });

  test('what is left open is left alone', () => {
    const changed = JSON.parse('{}');
    changed.stepsPast = undefined;
    changed.delaySecondsMax = undefined;
    changed.issuer = undefined;
    given(added).when(changeSettings, { changed }).then();
  });

  test('what the instance says too may be chosen, and stays when the instance changes', () => {
    given(added)
      .when(changeSettings, { changed: { totpDevicesMax: defaultSettings.totpDevicesMax } })
      .then(changedTo({ totpDevicesMax: defaultSettings.totpDevicesMax }));
  });

  test.each([
    ['the algorithm', { ...parameters, algorithm: 'SHA512' } as const],
    ['the digits', { ...parameters, digits: 6 } as const],
    ['the period', { ...parameters, periodSeconds: 30 } as const],
  ])('parameters that differ in %s are a change', (_, totpParameters) => {
    given(added, changedTo({ totpParameters: parameters }))
      .when(changeSettings, { changed: { totpParameters } })
      .then(changedTo({ totpParameters }));
  });

  test('the same parameters are no change', () => {
    given(added, changedTo({ totpParameters: parameters }))
      .when(changeSettings, { changed: { totpParameters: { ...parameters } } })
      .then();
  });

  test('what was chosen may be given up again', () => {
    given(added, changedTo({ stepsPast: 0, totpDevicesMax: 5 }))
      .when(resetSettings, { names: ['totpDevicesMax', 'issuer'] })
      .then(reset('totpDevicesMax'));
  });

  test('where nothing was chosen nothing is given up', () => {
    given(added, changedTo({ stepsPast: 0 }), reset('stepsPast'))
      .when(resetSettings, { names: ['stepsPast'] })
      .then();
    given(added).when(resetSettings, { names: [] }).then();
  });

  test.each([
    ['failuresBeforeDelay', 1, 10],
    ['delaySecondsFirst', 1, 300],
    ['delaySecondsMax', 30, 86_400],
    ['deviceFailuresMax', 1, 100],
    ['failuresPerWindowMax', 5, 100],
    ['stepsPast', 0, 1],
    ['stepsFuture', 0, 1],
    ['totpDevicesMax', 1, 10],
    ['recoveryCodesCount', 1, 50],
    ['passwordCharactersMin', 8, 64],
    ['passwordFailuresBeforeDelay', 1, 10],
    ['passwordFailuresMax', 10, 100],
    ['sessionLifetimeSecondsDefault', 300, 2_592_000],
    ['sessionLifetimeSecondsMax', 300, 2_592_000],
    ['stepUpSecondsFactors', 0, 31_536_000],
    ['stepUpSecondsRecoveryCodes', 0, 31_536_000],
    ['stepUpSecondsTokens', 0, 31_536_000],
    ['stepUpSecondsPassword', 0, 31_536_000],
    ['callsPerSecond', 1, 100_000],
    ['checksPerSecond', 1, 20_000],
    ['hashesPerSecond', 1, 1_000],
    ['turnsPerPeriodMax', 0, 999_999_999],
    ['relationshipsMax', 0, 999_999_999],
  ] as const)('%s is a whole number from %d to %d', (name, minimum, maximum) => {
    const refusal = { code: 'setting-out-of-range', name, minimum, maximum } as const;
    // The other of two that have an order allows each extreme.
    const delays = { delaySecondsFirst: 20, delaySecondsMax: 1_000 };
    const lifetimes = { sessionLifetimeSecondsDefault: 300, sessionLifetimeSecondsMax: 2_592_000 };
    const organization = given(
      added,
      changedTo({ ...delays, ...lifetimes, [name]: (minimum + maximum) / 2 }),
    );
    const changed = (value: number) => ({ changed: { [name]: value } });
    organization.when(changeSettings, changed(minimum)).then(changedTo({ [name]: minimum }));
    organization.when(changeSettings, changed(maximum)).then(changedTo({ [name]: maximum }));
    organization.when(changeSettings, changed(minimum - 1)).thenRejected(refusal);
    organization.when(changeSettings, changed(maximum + 1)).thenRejected(refusal);
    organization.when(changeSettings, changed(minimum + 0.5)).thenRejected(refusal);
    organization.when(changeSettings, changed(Number.NaN)).thenRejected(refusal);
  });

  test('a change that is refused in one value is refused wholly', () => {
    given(added)
      .when(changeSettings, { changed: { totpDevicesMax: 5, recoveryCodesCount: 0 } })
      .thenRejected({ code: 'setting-out-of-range', name: 'recoveryCodesCount', minimum: 1, maximum: 50 });
  });

  test.each(['A', 'é'.repeat(64), '🔑'.repeat(64), 'Acme & Söhne', null])('an issuer may be %s', (issuer) => {
    given(added, changedTo({ issuer: 'another' }))
      .when(changeSettings, { changed: { issuer } })
      .then(changedTo({ issuer }));
  });

  test.each(['', 'A'.repeat(65)])('an issuer has 1 to 64 characters, unlike "%s"', (issuer) => {
    given(added)
      .when(changeSettings, { changed: { issuer } })
      .thenRejected({ code: 'setting-out-of-range', name: 'issuer', minimum: 1, maximum: 64 });
  });

  test.each(['Acme: Berne', 'Acme\n', '\u0000', '\u007f', '\u0085'])(
    'an issuer has neither colons nor control characters, unlike %j',
    (issuer) => {
      given(added)
        .when(changeSettings, { changed: { issuer } })
        .thenRejected({ code: 'setting-malformed', name: 'issuer' });
    },
  );
});

describe('the first delay and the longest', () => {
  const under = (minimum: number) =>
    ({ code: 'setting-out-of-range', name: 'delaySecondsMax', minimum, maximum: 86_400 }) as const;

  test('may be the same', () => {
    const changed = { delaySecondsFirst: 300, delaySecondsMax: 300 };
    given(added).when(changeSettings, { changed }).then(changedTo(changed));
  });

  test('the longest is not under the first, whichever is changed', () => {
    const both = { delaySecondsFirst: 120, delaySecondsMax: 119 };
    given(added).when(changeSettings, { changed: both }).thenRejected(under(120));
    given(added, changedTo({ delaySecondsFirst: 200 }))
      .when(changeSettings, { changed: { delaySecondsMax: 199 } })
      .thenRejected(under(200));
    given(added, changedTo({ delaySecondsMax: 60 }))
      .when(changeSettings, { changed: { delaySecondsFirst: 61 } })
      .thenRejected(under(61));
  });

  test('the longest is not under the first where one of them is the instance’s', () => {
    const inherited = { ...defaultSettings, delaySecondsFirst: 100, delaySecondsMax: 150 };
    given(added)
      .when(changeSettings, { changed: { delaySecondsMax: 99 } }, { inherited })
      .thenRejected(under(100));
    given(added)
      .when(changeSettings, { changed: { delaySecondsFirst: 151 } }, { inherited })
      .thenRejected(under(151));
  });

  test('nor is it after one of them was given up', () => {
    const inherited = { ...defaultSettings, delaySecondsMax: 60 };
    const chosen = changedTo({ delaySecondsFirst: 300, delaySecondsMax: 600 });
    given(added, chosen)
      .when(resetSettings, { names: ['delaySecondsMax'] }, { inherited })
      .thenRejected(under(300));
    given(added, chosen)
      .when(resetSettings, { names: ['delaySecondsMax', 'delaySecondsFirst'] }, { inherited })
      .then(reset('delaySecondsFirst', 'delaySecondsMax'));
  });

  test('what the instance chose since stands in the way of no other setting', () => {
    const inherited = { ...defaultSettings, delaySecondsMax: 60 };
    const chosen = changedTo({ delaySecondsFirst: 300, issuer: 'Acme' });
    given(added, chosen)
      .when(changeSettings, { changed: { stepsPast: 0 } }, { inherited })
      .then(changedTo({ stepsPast: 0 }));
    given(added, chosen)
      .when(resetSettings, { names: ['issuer'] }, { inherited })
      .then(reset('issuer'));
  });
});

describe('how long a session lasts', () => {
  test('is not more than the longest where its maker does not say', () => {
    const refusal = (minimum: number) => {
      const name = 'sessionLifetimeSecondsMax';
      return { code: 'setting-out-of-range', name, minimum, maximum: 2_592_000 } as const;
    };
    given(added)
      .when(changeSettings, { changed: { sessionLifetimeSecondsMax: 43_199 } })
      .thenRejected(refusal(43_200));
    given(added)
      .when(changeSettings, { changed: { sessionLifetimeSecondsDefault: 86_401 } })
      .thenRejected(refusal(86_401));
    const both = { sessionLifetimeSecondsDefault: 300, sessionLifetimeSecondsMax: 300 };
    given(added).when(changeSettings, { changed: both }).then(changedTo(both));
  });
});

describe('what may be chosen', () => {
  test('is this where nobody chose anything', () => {
    expect(defaultSettings).toStrictEqual({
      failuresBeforeDelay: 5,
      delaySecondsFirst: 30,
      delaySecondsMax: 3_600,
      deviceFailuresMax: 20,
      failuresPerWindowMax: 30,
      stepsPast: 1,
      stepsFuture: 0,
      totpParameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
      totpDevicesMax: 3,
      recoveryCodesCount: 10,
      issuer: null,
      secondFactorRequired: false,
      passwordCharactersMin: 8,
      passwordRequiresUppercase: false,
      passwordRequiresLowercase: false,
      passwordRequiresDigit: false,
      passwordRequiresSymbol: false,
      passwordFailuresBeforeDelay: 5,
      passwordFailuresMax: 100,
      sessionLifetimeSecondsDefault: 43_200,
      sessionLifetimeSecondsMax: 86_400,
      stepUpSecondsFactors: 600,
      stepUpSecondsRecoveryCodes: 600,
      stepUpSecondsTokens: 600,
      stepUpSecondsPassword: 600,
      callsPerSecond: 5_000,
      checksPerSecond: 1_000,
      hashesPerSecond: 50,
      turnsPerPeriodMax: 0,
      relationshipsMax: 0,
    });
  });

  test.each(Object.entries(settingRanges))('is limited for a reason: %s', (_, { reason }) => {
    expect(reason).toMatch(/^[A-Z].{20,}\.$/);
  });
});

describe('the settings that hold', () => {
  const instance = evolveInstance(noInstance, { type: 'instance.added', instanceId: 'one' }, 0);
  const chosen = evolveInstance(
    instance,
    { type: 'instance.settings.changed', changed: { stepsPast: 0, issuer: 'Instance' } },
    0,
  );

  test('where nobody chose anything they are the defaults themselves', () => {
    expect(effectiveSettings(organizationOf(added), instance)).toBe(defaultSettings);
    expect(effectiveSettings(noOrganization, noInstance)).toBe(defaultSettings);
    expect(
      effectiveSettings(organizationOf(added, changedTo({ issuer: 'x' }), reset('issuer')), instance),
    ).toBe(defaultSettings);
  });

  test('the instance is asked before the defaults, the organization before the instance', () => {
    const organization = organizationOf(added, changedTo({ issuer: 'Acme', totpDevicesMax: 5 }));
    expect(effectiveSettings(organization, chosen)).toStrictEqual({
      ...defaultSettings,
      stepsPast: 0,
      issuer: 'Acme',
      totpDevicesMax: 5,
    });
  });

  test('what was chosen earlier holds beside what is chosen later, and the later of the same', () => {
    const organization = organizationOf(
      added,
      changedTo({ issuer: 'Acme', totpDevicesMax: 4 }),
      changedTo({ totpDevicesMax: 5 }),
    );
    const chosenLater = evolveInstance(
      chosen,
      { type: 'instance.settings.changed', changed: { recoveryCodesCount: 8 } },
      0,
    );
    expect(effectiveSettings(organization, chosenLater)).toStrictEqual({
      ...defaultSettings,
      stepsPast: 0,
      recoveryCodesCount: 8,
      issuer: 'Acme',
      totpDevicesMax: 5,
    });
  });

  test('of several that were chosen, those that are given up no longer hold', () => {
    const organization = organizationOf(
      added,
      changedTo({ stepsPast: 0, stepsFuture: 1, totpDevicesMax: 5 }),
      reset('stepsPast', 'totpDevicesMax'),
    );
    expect(effectiveSettings(organization, instance)).toStrictEqual({ ...defaultSettings, stepsFuture: 1 });
  });

  test('an organization that is gone chooses nothing', () => {
    const organization = organizationOf(added, changedTo({ issuer: 'Acme' }), removed);
    expect(effectiveSettings(organization, chosen)).toStrictEqual({
      ...defaultSettings,
      stepsPast: 0,
      issuer: 'Instance',
    });
  });
});
