import type { TotpEvent, TotpParameters } from '#domain/totp/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { id, instant, integer, list, nullable, oneOf, record, sealed } from '#event-catalog/fields.js';

export const totpParameters = record<TotpParameters>({
  algorithm: oneOf('SHA1', 'SHA256', 'SHA512'),
  digits: oneOf(6, 8),
  periodSeconds: oneOf(30, 60),
});

export const totpEvents = {
  'user.human.mfa.otp.added': {
    meaning: 'The enrolment of a device has begun; it counts for nothing before its first code.',
    fields: {
      totpId: id(),
      name: nullable(sealed()),
      secret: sealed(),
      parameters: totpParameters,
      expiresAt: instant,
    },
  },
  'user.human.mfa.otp.verified': {
    meaning: 'The first code of the device came, and is spent: the device is ready.',
    fields: { totpId: id(), step: integer },
  },
  'user.human.mfa.otp.imported': {
    meaning: 'A device came with its seed from elsewhere: it is ready, although no code of it was shown.',
    fields: { totpId: id(), name: nullable(sealed()), secret: sealed(), parameters: totpParameters },
  },
  'user.human.mfa.otp.check.succeeded': {
    meaning: 'A right code was given: its step is spent, and so is every earlier one.',
    fields: { totpId: id(), step: integer, purpose: nullable(sealed()) },
  },
  'user.human.mfa.otp.check.failed': {
    meaning: 'A code was refused, and counts against each device that it was compared with.',
    fields: { totpIds: list(id()), reason: oneOf('wrong', 'used'), purpose: nullable(sealed()) },
  },
  'user.human.mfa.otp.disabled': {
    meaning: 'The device had too many failures in a row, and its codes are not compared any more.',
    fields: { totpId: id() },
  },
  'user.human.mfa.otp.resynced': {
    meaning: 'Two codes in a row showed how far the clock of the device is off; both are spent.',
    fields: { totpId: id(), driftSteps: integer, step: integer },
  },
  'user.human.mfa.otp.renamed': {
    meaning: 'The device has another name, or none.',
    fields: { totpId: id(), name: nullable(sealed()) },
  },
  'user.human.mfa.otp.removed': { meaning: 'The device is gone.', fields: { totpId: id() } },
} satisfies Entries<TotpEvent>;
