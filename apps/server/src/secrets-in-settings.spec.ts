import { describe, expect, it } from '@jest/globals';

import { scrubSecretsOf } from '#server/secrets-in-settings.js';

const password = 'p@ss/w"rd~é';
const encoded = encodeURIComponent(password);
const otherPassword = 'o:th/er "w0rd"';
const encodedOther = encodeURIComponent(otherPassword);
const scrub = scrubSecretsOf({
  eventLog: { engine: 'eventstoredb', connectionString: `esdb://admin:${encoded}@localhost:2113?tls=false` },
  readModels: {
    engine: 'postgres',
    url: `postgres://countersign:${encodedOther}@localhost:5432/countersign`,
  },
  hookUrl: 'https://hook.example/services/T0/B1?key=k3y',
});

describe('the secrets of the settings', () => {
  it.each([
    ['as it is', password],
    ['as it stands in the setting', encoded],
    ['in JSON', JSON.stringify(password)],
    ['in base64', Buffer.from(password).toString('base64')],
    ['in base64url', Buffer.from(password).toString('base64url')],
    ['in hex', Buffer.from(password).toString('hex')],
    ['in capital hex', Buffer.from(password).toString('hex').toUpperCase()],
    ['in a Basic authorization', Buffer.from(`admin:${password}`).toString('base64')],
    ['of PostgreSQL as it is', otherPassword],
    ['of PostgreSQL as it stands in the setting', encodedOther],
    ['in the whole URL of PostgreSQL', `postgres://countersign:${encodedOther}@localhost:5432/countersign`],
    ['of the receiver of deliveries', '/services/T0/B1?key=k3y'],
    ['in the whole connection string', `esdb://admin:${encoded}@localhost:2113?tls=false`],
  ])('are taken out of a line: %s', (_title, form) => {
    const line = scrub(`before ${form} after`);
    expect(line).not.toContain(form.replaceAll(/^"|"$/g, ''));
    expect(line).toMatch(/^before .*\[secret\].* after$/);
  });

  it('leave every other line as it is', () => {
    expect(scrub('{"level":"info","message":"admin of localhost:2113"}')).toBe(
      '{"level":"info","message":"admin of localhost:2113"}',
    );
  });

  it('are none when everything is embedded', () => {
    const embedded = { engine: 'embedded' } as const;
    expect(scrubSecretsOf({ eventLog: embedded, readModels: embedded })('embedded')).toBe('embedded');
  });
});
