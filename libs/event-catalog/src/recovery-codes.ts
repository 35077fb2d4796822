import type { RecoveryCodesEvent, StoredRecoveryCode } from '#domain/recovery-codes/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { codeHash, id, list, nullable, record, text } from '#event-catalog/fields.js';

export const recoveryCodesEvents = {
  'user.human.mfa.recoverycode.added': {
    meaning:
      'Recovery codes were made, and earlier ones are void; those of a pending device wait for its first code.',
    fields: {
      codes: list(record<StoredRecoveryCode>({ selector: text, hash: codeHash })),
      pendingWith: nullable(id()),
    },
  },
  'user.human.mfa.recoverycode.check.succeeded': {
    meaning: 'A recovery code was given, and is spent.',
    fields: { selector: text },
  },
  'user.human.mfa.recoverycode.check.failed': {
    meaning: 'A wrong recovery code was given, and counts.',
    fields: {},
  },
  'user.human.mfa.recoverycode.removed': { meaning: 'All recovery codes are void.', fields: {} },
} satisfies Entries<RecoveryCodesEvent>;
