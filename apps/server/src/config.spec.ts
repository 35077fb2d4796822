import { describe, expect, it } from '@jest/globals';

import { type Environment, readConfiguration } from '#server/config.js';
import { settingEntries } from '#server/settings.js';

function problemsOf(environment: Environment): readonly string[] {
  const configuration = readConfiguration(environment);
  return configuration.status === 'refused' ? configuration.problems : [];
}

function settingsOf(environment: Environment): unknown {
  const configuration = readConfiguration(environment);
  return configuration.status === 'accepted' ? configuration.settings : configuration.problems;
}

describe('settings', () => {
  it('have defaults that serve on loopback with everything embedded', () => {
    expect(readConfiguration({})).toEqual({
      status: 'accepted',
      settings: {
        listen: { host: '127.0.0.1', port: 8080 },
        dataDirectory: './data',
        eventLog: { engine: 'embedded' },
        readModels: { engine: 'embedded' },
        masterKeyFile: null,
        passwordHash: { memoryKibibytes: 19_456, passes: 2, parallelism: 1 },
        passwordBlocklist: null,
        tlsCertificate: null,
        tlsKey: null,
        tlsClientAuthority: null,
        tlsEndedByProxy: false,
        trustedProxies: null,
        dialects: ['tenant', 'api-key', 'me-2fa', 'mfa-enroll'],
        cookieName: 'countersign.sid',
        corsOrigins: null,
        metricsListen: { host: '127.0.0.1', port: 9464 },
        otelEndpoint: null,
        hookUrl: null,
        hookSecretFile: null,
        hookAllowedHosts: null,
        externalUrl: 'http://localhost:8080',
        logLevel: 'info',
      },
    });
  });

  it.each<[string, string, string, unknown]>([
    ['COUNTERSIGN_LISTEN', '127.0.0.1:0', 'listen', { host: '127.0.0.1', port: 0 }],
    ['COUNTERSIGN_LISTEN', 'localhost:65535', 'listen', { host: '127.0.0.1', port: 65_535 }],
    ['COUNTERSIGN_LISTEN', '[::1]:80', 'listen', { host: '::1', port: 80 }],
    ['COUNTERSIGN_DATA_DIR', '/var/lib/countersign', 'dataDirectory', '/var/lib/countersign'],
    ['COUNTERSIGN_EVENT_LOG', 'embedded', 'eventLog', { engine: 'embedded' }],
    ['COUNTERSIGN_READ_MODELS', 'embedded', 'readModels', { engine: 'embedded' }],
    ['COUNTERSIGN_MASTER_KEY_FILE', '/run/keys', 'masterKeyFile', '/run/keys'],
    [
      'COUNTERSIGN_PASSWORD_HASH',
      'm=131072,t=4,p=16',
      'passwordHash',
      { memoryKibibytes: 131_072, passes: 4, parallelism: 16 },
    ],
    [
      'COUNTERSIGN_PASSWORD_HASH',
      'm=8,t=1,p=1',
      'passwordHash',
      { memoryKibibytes: 8, passes: 1, parallelism: 1 },
    ],
    ['COUNTERSIGN_PASSWORD_BLOCKLIST', '/etc/common.txt', 'passwordBlocklist', '/etc/common.txt'],
    ['COUNTERSIGN_TLS_ENDED_BY_PROXY', 'yes', 'tlsEndedByProxy', true],
    ['COUNTERSIGN_TRUSTED_PROXIES', '10.0.0.0/8, ::1', 'trustedProxies', ['10.0.0.0/8', '::1']],
    ['COUNTERSIGN_DIALECTS', 'none', 'dialects', []],
    ['COUNTERSIGN_DIALECTS', 'api-key, tenant', 'dialects', ['tenant', 'api-key']],
    ['COUNTERSIGN_COOKIE_NAME', 'slugbase.sid', 'cookieName', 'slugbase.sid'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://app.example', 'corsOrigins', ['https://app.example']],
    [
      'COUNTERSIGN_CORS_ORIGINS',
      'https://a.example:8443, https://[2001:db8::1], http://localhost, http://localhost:5173',
      'corsOrigins',
      ['https://a.example:8443', 'https://[2001:db8::1]', 'http://localhost', 'http://localhost:5173'],
    ],
    ['COUNTERSIGN_METRICS_LISTEN', '[::1]:0', 'metricsListen', { host: '::1', port: 0 }],
    ['COUNTERSIGN_METRICS_LISTEN', 'off', 'metricsListen', null],
    ['COUNTERSIGN_OTEL_ENDPOINT', 'http://collector:4318/', 'otelEndpoint', 'http://collector:4318'],
    ['COUNTERSIGN_EXTERNAL_URL', 'https://id.example/', 'externalUrl', 'https://id.example'],
    ['COUNTERSIGN_LOG_LEVEL', 'debug', 'logLevel', 'debug'],
  ])('%s=%s is read', (name, text, key, value) => {
    expect(settingsOf({ [name]: text })).toMatchObject({ [key]: value });
  });

  it.each([
    'esdb://localhost:2113?tls=false',
    'esdb://admin:p%40ss@db.internal:2113',
    'esdb+discover://a.example,b.example:2113,[::1]:2113/?nodePreference=leader',
  ])('the event log may be %s', (connectionString) => {
    expect(settingsOf({ COUNTERSIGN_EVENT_LOG: connectionString })).toMatchObject({
      eventLog: { engine: 'eventstoredb', connectionString },
    });
  });

  it.each([
    ['COUNTERSIGN_LISTEN', 'secret'],
    ['COUNTERSIGN_LISTEN', '127.0.0.1'],
    ['COUNTERSIGN_LISTEN', '127.0.0.1:65536'],
    ['COUNTERSIGN_LISTEN', 'example.com:80'],
    ['COUNTERSIGN_LISTEN', '::1:80'],
    ['COUNTERSIGN_LISTEN', '127.0.0.1:80 '],
    ['COUNTERSIGN_DATA_DIR', ' '],
    ['COUNTERSIGN_DATA_DIR', ''],
    ['COUNTERSIGN_EVENT_LOG', 'memory'],
    ['COUNTERSIGN_EVENT_LOG', 'esdb://'],
    ['COUNTERSIGN_EVENT_LOG', 'esdb://user:secret@'],
    ['COUNTERSIGN_EVENT_LOG', 'esdb://host:2113 --'],
    ['COUNTERSIGN_EVENT_LOG', 'http://localhost:2113'],
    ['COUNTERSIGN_READ_MODELS', 'sqlite'],
    ['COUNTERSIGN_READ_MODELS', 'postgres://'],
    ['COUNTERSIGN_READ_MODELS', 'postgres://host/db'],
    ['COUNTERSIGN_READ_MODELS', 'postgres://user:secret@host'],
    ['COUNTERSIGN_READ_MODELS', 'postgres://user:secret@host/'],
    ['COUNTERSIGN_READ_MODELS', 'postgres://user:sec ret@host/db'],
    ['COUNTERSIGN_READ_MODELS', 'postgres://user:sec#ret@host/db'],
    ['COUNTERSIGN_READ_MODELS', 'mysql://user:secret@host/db'],
    ['COUNTERSIGN_MASTER_KEY_FILE', ''],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=7,t=1,p=1'],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=16,t=1,p=17'],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=131073,t=1,p=1'],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=131072,t=5,p=1'],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=19456,t=0,p=1'],
    ['COUNTERSIGN_PASSWORD_HASH', 't=2,m=19456,p=1'],
    ['COUNTERSIGN_PASSWORD_HASH', 'm=19456,t=2,p=1 '],
    ['COUNTERSIGN_PASSWORD_BLOCKLIST', ''],
    ['COUNTERSIGN_TLS_ENDED_BY_PROXY', 'true'],
    ['COUNTERSIGN_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['COUNTERSIGN_TRUSTED_PROXIES', '10.0.0.0/8,'],
    ['COUNTERSIGN_TRUSTED_PROXIES', 'everyone'],
    ['COUNTERSIGN_CORS_ORIGINS', '*'],
    ['COUNTERSIGN_CORS_ORIGINS', 'null'],
    ['COUNTERSIGN_CORS_ORIGINS', 'app.example'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://*.example'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://App.example'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://app.example/'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://app.example:443'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://app.example:99999'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://app.example,'],
    ['COUNTERSIGN_CORS_ORIGINS', 'https://user@app.example'],
    ['COUNTERSIGN_CORS_ORIGINS', 'http://app.example'],
    ['COUNTERSIGN_CORS_ORIGINS', 'http://127.0.0.1:5173'],
    ['COUNTERSIGN_CORS_ORIGINS', 'http://localhost.example'],
    ['COUNTERSIGN_METRICS_LISTEN', 'on'],
    ['COUNTERSIGN_METRICS_LISTEN', ':9464'],
    ['COUNTERSIGN_OTEL_ENDPOINT', 'collector:4317'],
    ['COUNTERSIGN_OTEL_ENDPOINT', 'grpc://collector:4317'],
    ['COUNTERSIGN_OTEL_ENDPOINT', 'https://user:secret@collector:4318'],
    ['COUNTERSIGN_EXTERNAL_URL', 'id.example'],
    ['COUNTERSIGN_EXTERNAL_URL', 'https://user:secret@id.example'],
    ['COUNTERSIGN_EXTERNAL_URL', 'https://id.example/?token=secret'],
    ['COUNTERSIGN_EXTERNAL_URL', 'ftp://id.example'],
    ['COUNTERSIGN_LOG_LEVEL', 'verbose'],
  ])('%s=%j is refused by its name, with what is allowed', (name, text) => {
    const allowed = settingEntries.find(([, setting]) => setting.name === name)?.[1].allowed;
    expect(problemsOf({ [name]: text })).toEqual([`${name} must be ${allowed}`]);
  });

  it.each([
    'postgres://user:p%40ss@db.internal:5432/countersign',
    'postgresql://user@localhost/countersign',
    'postgres://user:secret@[::1]/countersign?sslmode=verify-full',
  ])('the read models may be %s', (url) => {
    expect(settingsOf({ COUNTERSIGN_READ_MODELS: url })).toMatchObject({
      readModels: { engine: 'postgres', url },
    });
  });

  it('never come back in a refusal', () => {
    const secrets = Object.fromEntries(
      settingEntries.map(([, { name }]) => [name, `hunter2 ${name} hunter2`]),
    );
    const problems = problemsOf({ ...secrets, COUNTERSIGN_HUNTER: 'hunter2' });
    // Any text can name a file or a directory.
    const named = settingEntries.filter(([, { allowed }]) => /^a (file|directory)/.test(allowed));
    expect(problems).toHaveLength(settingEntries.length - named.length + 1);
    expect(problems.join('\n')).not.toContain('hunter2');
  });
});

describe('a listener off loopback', () => {
  it.each(['0.0.0.0:8080', '10.1.2.3:8080', '[::]:8080', '[2001:db8::1]:443'])(
    '%s is refused in the clear',
    (listen) => {
      expect(problemsOf({ COUNTERSIGN_LISTEN: listen })).toEqual([
        expect.stringMatching(
          /^COUNTERSIGN_LISTEN must be a loopback address.*COUNTERSIGN_TLS_ENDED_BY_PROXY=yes/,
        ),
      ]);
      expect(problemsOf({ COUNTERSIGN_LISTEN: listen, COUNTERSIGN_TLS_ENDED_BY_PROXY: 'no' })).toHaveLength(
        1,
      );
    },
  );

  it('of /metrics is refused alike', () => {
    expect(problemsOf({ COUNTERSIGN_METRICS_LISTEN: '0.0.0.0:9464' })).toEqual([
      expect.stringMatching(/^COUNTERSIGN_METRICS_LISTEN must be a loopback address/),
    ]);
  });

  it('is served when a trusted proxy ends TLS', () => {
    const environment = {
      COUNTERSIGN_LISTEN: '0.0.0.0:8080',
      COUNTERSIGN_METRICS_LISTEN: '0.0.0.0:9464',
      COUNTERSIGN_TLS_ENDED_BY_PROXY: 'yes',
    };
    expect(problemsOf(environment)).toEqual([]);
  });
});

describe('TLS', () => {
  const [certificate, key] = [{ COUNTERSIGN_TLS_CERT: '/c.pem' }, { COUNTERSIGN_TLS_KEY: '/k.pem' }];

  it.each([
    [certificate, 'COUNTERSIGN_TLS_KEY must be given with COUNTERSIGN_TLS_CERT'],
    [key, 'COUNTERSIGN_TLS_CERT must be given with COUNTERSIGN_TLS_KEY'],
    [
      { COUNTERSIGN_TLS_CLIENT_CA: '/a.pem' },
      'COUNTERSIGN_TLS_CERT must be given with COUNTERSIGN_TLS_CLIENT_CA',
    ],
  ])('%j is half of it, and refused', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it('lets both listeners leave loopback', () => {
    const listeners = { COUNTERSIGN_LISTEN: '0.0.0.0:443', COUNTERSIGN_METRICS_LISTEN: '0.0.0.0:9464' };
    expect(problemsOf({ ...certificate, ...key, ...listeners })).toEqual([]);
  });
});

describe('the delivery hook', () => {
  const url = { COUNTERSIGN_HOOK_URL: 'https://hook.example/in?for=us' };
  const secret = { COUNTERSIGN_HOOK_SECRET_FILE: '/run/secret' };
  const hosts = (names: string) => ({ COUNTERSIGN_HOOK_ALLOWED_HOSTS: names });

  it('has a URL, its secret, and perhaps hosts, in the form of URLs', () => {
    expect(
      settingsOf({ ...url, ...secret, ...hosts('Hook.Internal, 10.0.0.1,::FFFF:10.0.0.1') }),
    ).toMatchObject({
      hookUrl: 'https://hook.example/in?for=us',
      hookSecretFile: '/run/secret',
      hookAllowedHosts: ['hook.internal', '10.0.0.1', '::ffff:a00:1'],
    });
  });

  it.each([
    [url, 'COUNTERSIGN_HOOK_SECRET_FILE must be given with COUNTERSIGN_HOOK_URL'],
    [secret, 'COUNTERSIGN_HOOK_URL must be given with COUNTERSIGN_HOOK_SECRET_FILE'],
    [hosts('localhost'), 'COUNTERSIGN_HOOK_URL must be given with COUNTERSIGN_HOOK_ALLOWED_HOSTS'],
  ])('%j is half of it, and refused', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([problem]);
  });

  it.each([
    'http://hook.example/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://localhost/',
    'https://169.254.169.254/latest',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
  ])('is refused inside or in the clear, unless its host is named: %s', (inside) => {
    const given = { COUNTERSIGN_HOOK_URL: inside, ...secret };
    expect(problemsOf(given)).toEqual([
      'COUNTERSIGN_HOOK_URL must be https:// and public, unless COUNTERSIGN_HOOK_ALLOWED_HOSTS names its host',
    ]);
    expect(problemsOf({ ...given, ...hosts('other.example') })).toHaveLength(1);
    const named = new URL(inside).hostname.replace(/^\[|\]$/g, '');
    expect(problemsOf({ ...given, ...hosts(named) })).toEqual([]);
  });

  it.each([
    'ftp://hook.example',
    'https://user:password@hook.example',
    'https://hook.example/#there',
    'hook',
  ])('is refused where it is no such URL: %s', (text) => {
    expect(problemsOf({ COUNTERSIGN_HOOK_URL: text, ...secret })[0]).toMatch(/^COUNTERSIGN_HOOK_URL must be/);
  });

  it.each(['hook.example:443', '[::1]', '*.example', 'a,,b', 'https://hook.example'])(
    'is refused where this is no list of hosts: %s',
    (names) => {
      expect(problemsOf({ ...url, ...secret, ...hosts(names) })[0]).toMatch(
        /^COUNTERSIGN_HOOK_ALLOWED_HOSTS must be/,
      );
    },
  );
});

describe('an unknown setting', () => {
  it.each([
    ['COUNTERSIGN_LISTN', 'did you mean COUNTERSIGN_LISTEN?'],
    ['COUNTERSIGN_DATADIR', 'did you mean COUNTERSIGN_DATA_DIR?'],
    ['countersign_listen', 'did you mean COUNTERSIGN_LISTEN?'],
    ['COUNTERSIGN_TLS_CERTS', 'did you mean COUNTERSIGN_TLS_CERT?'],
  ])('%s is refused with the nearest name', (name, hint) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is not a setting; ${hint}`]);
  });

  it('is refused with all names when none is near', () => {
    expect(problemsOf({ COUNTERSIGN_COLOUR: 'x' })).toEqual([
      `COUNTERSIGN_COLOUR is not a setting; allowed are ${settingEntries.map(([, { name }]) => name).join(', ')}`,
    ]);
  });

  it('cannot break the one line, or the terminal', () => {
    const [problem = ''] = problemsOf({ 'COUNTERSIGN_\u001b[2J\nfake': 'x' });
    expect(problem).toMatch(/^COUNTERSIGN_\?\?2J\?fake is not a setting/);
  });

  it('of another program is none of ours', () => {
    expect(problemsOf({ PATH: '/bin', COUNTERSIGNED: 'x' })).toEqual([]);
  });
});

describe('several problems', () => {
  it('are all told', () => {
    expect(
      problemsOf({ COUNTERSIGN_LISTEN: 'x', COUNTERSIGN_LOG_LEVEL: 'x', COUNTERSIGN_X: 'x' }).map(
        (line) => line.split(' ')[0],
      ),
    ).toEqual(['COUNTERSIGN_X', 'COUNTERSIGN_LISTEN', 'COUNTERSIGN_LOG_LEVEL']);
  });
});
