// The life of a second factor, step by step, in the words of each dialect: what is asked, and what is answered. What a
// dialect has no call for is asked in ours, and declared.

export const steps = [
  'begin',
  'wrong code',
  'right code',
  'same code again',
  'list',
  'codes',
  'use a code',
  'same code once more',
  'remove',
  'list nothing',
] as const;

export type Step = (typeof steps)[number];

/** What has come out so far. */
export interface Known {
  readonly userId: string;
  readonly organizationId: string;
  readonly token: string;
  /** Of the first answer. */
  readonly begun: { readonly id: string; readonly secret: string };
  readonly recoveryCodes: readonly string[];
  /** What the app shows now, showed when it was confirmed, and never shows. */
  readonly code: string;
  readonly firstCode: string;
  readonly wrongCode: string;
}

export interface Ask {
  readonly verb: 'GET' | 'POST' | 'DELETE';
  /** As the document has it. */
  readonly path: string;
  readonly body?: object;
}

export interface Expected {
  readonly status: number;
  /** As `toMatchObject` takes it. */
  readonly body: object | string;
}

export interface Lived {
  readonly ask: (known: Known) => Ask;
  readonly answer: Expected;
}

export interface Life {
  readonly name: string;
  readonly headers: (known: Pick<Known, 'token' | 'organizationId'>) => Readonly<Record<string, string>>;
  readonly secretIn: (body: never) => Known['begun'];
  /** Where codes stand in what tells them. */
  readonly codesIn: (body: never) => readonly string[];
  readonly steps: Readonly<Record<Step, Lived>>;
  /** Steps that are asked in the words of the contract, and why. */
  readonly gaps: Readonly<Partial<Record<Step, string>>>;
}

const post = (path: string, body: (known: Known) => object = () => ({})) => ({
  ask: (known: Known): Ask => ({ verb: 'POST', path, body: body(known) }),
});
const get = (path: string) => ({ ask: (): Ask => ({ verb: 'GET', path }) });
const is = (status: number, body: object | string = {}): { readonly answer: Expected } => ({
  answer: { status, body },
});

const showing = {
  wrong: ({ wrongCode: code }: Known) => ({ code }),
  now: ({ code }: Known) => ({ code }),
  first: ({ firstCode: code }: Known) => ({ code }),
  recovery: ({ recoveryCodes }: Known) => ({ code: recoveryCodes[0] ?? '' }),
};

const codesOfContract: Lived = {
  ...post('/countersign/v1/users/{user_id}/recovery-codes', () => ({ count: 2 })),
  ...is(200, { details: {} }),
};
const useOfContract: Lived = {
  ...post('/countersign/v1/users/{user_id}/recovery-codes/verify', showing.recovery),
  ...is(200, { recoveryCodesLeft: 1 }),
};
const wornOfContract: Lived = {
  ...post('/countersign/v1/users/{user_id}/recovery-codes/verify', showing.recovery),
  ...is(400, { code: 3 }),
};
const codesInContract = ({ recoveryCodes }: { readonly recoveryCodes: readonly string[] }) => recoveryCodes;
const noCodes = {
  codes: 'makes no recovery codes',
  'use a code': 'checks no recovery codes',
  'same code once more': 'checks no recovery codes',
};
const bearer = ({ token }: Pick<Known, 'token'>) => ({ authorization: `Bearer ${token}` });

const tenant: Life = {
  name: 'tenant',
  headers: ({ token, organizationId }) => ({ ...bearer({ token }), 'x-tenant-id': organizationId }),
  secretIn: ({ id, secret }: Known['begun']) => ({ id, secret }),
  codesIn: codesInContract,
  gaps: noCodes,
  steps: {
    begin: { ...post('/v1/users/me/mfa/totp'), ...is(200) },
    'wrong code': {
      ...post('/v1/users/me/mfa/totp/{id}/verify', showing.wrong),
      ...is(400, { code: 'invalid_code' }),
    },
    'right code': {
      ...post('/v1/users/me/mfa/totp/{id}/verify', showing.now),
      ...is(200, { verified: true }),
    },
    'same code again': {
      ...post('/v1/users/me/mfa/verify', showing.first),
      ...is(400, { code: 'code_already_used' }),
    },
    list: {
      ...get('/v1/users/me/mfa'),
      ...is(200, { factors: [{ type: 'totp', state: 'ready' }], recovery_codes_remaining: 0 }),
    },
    codes: codesOfContract,
    'use a code': useOfContract,
    'same code once more': wornOfContract,
    remove: {
      ask: ({ code }) => ({ verb: 'DELETE', path: '/v1/users/me/mfa/totp/{id}', body: { code } }),
      ...is(204, ''),
    },
    'list nothing': {
      ...get('/v1/users/me/mfa'),
      ...is(200, { factors: [], recovery_codes_remaining: 1 }),
    },
  },
};

const ofKey = '/auth/v1/users/current/totp';

const apiKey: Life = {
  name: 'api-key',
  headers: ({ token }) => ({ 'x-api-key': token }),
  secretIn: ({ secret }: Known['begun']) => ({ id: '', secret }),
  codesIn: codesInContract,
  gaps: noCodes,
  steps: {
    begin: { ...post(`${ofKey}/setup`), ...is(200) },
    'wrong code': {
      ...post(`${ofKey}/enable`, showing.wrong),
      ...is(400, { code: 400, error: 'Bad Request' }),
    },
    'right code': { ...post(`${ofKey}/enable`, showing.now), ...is(200, { enabled: true }) },
    'same code again': { ...post(`${ofKey}/verify`, showing.first), ...is(400, { code: 400 }) },
    list: { ...get(ofKey), ...is(200, { enabled: true }) },
    codes: codesOfContract,
    'use a code': useOfContract,
    'same code once more': wornOfContract,
    remove: { ...post(`${ofKey}/disable`, showing.now), ...is(200, { enabled: false }) },
    'list nothing': { ...get(ofKey), ...is(200, { enabled: false }) },
  },
};

const ofMe = '/v1/me/2fa';
const byBackupCode = ({ recoveryCodes }: Known) => ({ backupCode: recoveryCodes[0] ?? '' });

const me2fa: Life = {
  name: 'me-2fa',
  headers: bearer,
  secretIn: ({ secret }: Known['begun']) => ({ id: '', secret }),
  codesIn: ({ backupCodes }: { readonly backupCodes: readonly string[] }) => backupCodes,
  gaps: {},
  steps: {
    begin: { ...post(`${ofMe}/setup`), ...is(200) },
    'wrong code': {
      ...post(`${ofMe}/verify-setup`, showing.wrong),
      ...is(422, { error: { code: 'invalid_code' } }),
    },
    'right code': { ...post(`${ofMe}/verify-setup`, showing.now), ...is(200, { enabled: true }) },
    'same code again': {
      ...post(`${ofMe}/verify`, showing.first),
      ...is(422, { error: { code: 'code_already_used' } }),
    },
    list: { ...get(ofMe), ...is(200, { enabled: true, pending: false, backupCodesRemaining: 10 }) },
    codes: { ...post(`${ofMe}/backup-codes`, showing.now), ...is(200) },
    'use a code': {
      ...post(`${ofMe}/verify`, byBackupCode),
      ...is(200, { verified: true, backupCodesRemaining: 9 }),
    },
    'same code once more': {
      ...post(`${ofMe}/verify`, byBackupCode),
      ...is(422, { error: { code: 'invalid_code' } }),
    },
    remove: { ...post(`${ofMe}/disable`, showing.now), ...is(200, { enabled: false }) },
    'list nothing': { ...get(ofMe), ...is(200, { enabled: false, backupCodesRemaining: 0 }) },
  },
};

const ofAuth = '/api/auth/mfa';
const byBackupCodeToo = ({ recoveryCodes }: Known) => ({ backup_code: recoveryCodes[0] ?? '' });

const mfaEnroll: Life = {
  name: 'mfa-enroll',
  headers: bearer,
  secretIn: ({ secret }: Known['begun']) => ({ id: '', secret }),
  codesIn: codesInContract,
  gaps: { codes: 'tells backup codes with the first code of the app alone' },
  steps: {
    begin: { ...post(`${ofAuth}/enroll`), ...is(200) },
    'wrong code': {
      ...post(`${ofAuth}/enroll/confirm`, showing.wrong),
      ...is(400, { error: 'Bad Request', code: 400, details: [{ field: 'code' }] }),
    },
    'right code': { ...post(`${ofAuth}/enroll/confirm`, showing.now), ...is(200) },
    'same code again': {
      ...post(`${ofAuth}/verify`, showing.first),
      ...is(400, { details: [{ field: 'code' }] }),
    },
    list: { ...get(ofAuth), ...is(200, { enabled: true, backup_codes_remaining: 10 }) },
    codes: codesOfContract,
    'use a code': { ...post(`${ofAuth}/verify`, byBackupCodeToo), ...is(200, { verified: true }) },
    'same code once more': {
      ...post(`${ofAuth}/verify`, byBackupCodeToo),
      ...is(400, { details: [{ field: 'backup_code' }] }),
    },
    remove: { ...post(`${ofAuth}/disable`, showing.now), ...is(200, { enabled: false }) },
    'list nothing': { ...get(ofAuth), ...is(200, { enabled: false, backup_codes_remaining: 0 }) },
  },
};

const ofUser = '/v2/users/{user_id}';

const zitadel: Life = {
  name: 'zitadel',
  headers: bearer,
  secretIn: ({ secret }: Known['begun']) => ({ id: '', secret }),
  codesIn: codesInContract,
  gaps: {
    'same code again': 'checks codes in sessions alone',
    'use a code': 'checks codes in sessions alone',
    'same code once more': 'checks codes in sessions alone',
  },
  steps: {
    begin: { ...post(`${ofUser}/totp`), ...is(200, { details: {} }) },
    'wrong code': { ...post(`${ofUser}/totp/verify`, showing.wrong), ...is(400, { code: 3 }) },
    'right code': { ...post(`${ofUser}/totp/verify`, showing.now), ...is(200, { details: {} }) },
    'same code again': {
      ...post('/countersign/v1/users/{user_id}/totp/verify', showing.first),
      ...is(400, { code: 3 }),
    },
    list: {
      ...get(`${ofUser}/authentication_methods`),
      ...is(200, { authMethodTypes: ['AUTHENTICATION_METHOD_TYPE_TOTP'] }),
    },
    codes: { ...post(`${ofUser}/recovery_codes`, () => ({ count: 2 })), ...is(200, { details: {} }) },
    'use a code': useOfContract,
    'same code once more': wornOfContract,
    remove: {
      ask: () => ({ verb: 'DELETE', path: `${ofUser}/totp` }),
      ...is(200, { details: {} }),
    },
    'list nothing': { ...get(`${ofUser}/authentication_methods`), ...is(200) },
  },
};

export const lives: readonly Life[] = [tenant, apiKey, me2fa, mfaEnroll, zitadel];
