// Breaks each arrow once, in a house of its own with the same rules, and sees it refused. A rule that
// cannot fail holds nothing.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const house = mkdtempSync(join(tmpdir(), 'countersign-arrows-'));

const rooms = [
  'domain',
  'contract',
  'event-log',
  'event-log-sqlite',
  'event-log-eventstoredb',
  'event-catalog',
  'secrets',
  'key-store-sqlite',
  'key-store-postgres',
  'application',
  'snapshot-files',
  'read-models',
  'delivery-hook',
  'telemetry',
  'access',
  'transport',
];

interface Arrow {
  readonly from: string;
  readonly imports: string;
}

const outside = 'not-in-allowed';

/** What the house allows. Each of its arrows at least once. */
const allowed: readonly Arrow[] = [
  { from: 'libs/domain/src/totp/decide.ts', imports: '#domain/totp/state.js' },
  { from: 'libs/domain/src/type-a.ts', imports: '#domain/type-b.js' },
  { from: 'libs/contract/src/call.ts', imports: '@bufbuild/protobuf' },
  { from: 'libs/event-log/src/event-log.ts', imports: 'node:crypto' },
  { from: 'libs/event-log-sqlite/src/log.ts', imports: '#event-log/event-log.js' },
  { from: 'libs/event-log-sqlite/src/database.ts', imports: 'better-sqlite3' },
  { from: 'libs/event-log-eventstoredb/src/log.ts', imports: '@eventstore/db-client' },
  { from: 'libs/event-catalog/src/encode.ts', imports: '#domain/ids.js' },
  { from: 'libs/secrets/src/totp.ts', imports: 'otplib' },
  { from: 'libs/secrets/src/seal.ts', imports: 'node:crypto' },
  { from: 'libs/secrets/src/verify.ts', imports: 'type #domain/ids.js' },
  { from: 'libs/secrets/src/hash.ts', imports: '@node-rs/argon2' },
  { from: 'libs/secrets/src/imported.ts', imports: '@node-rs/bcrypt' },
  { from: 'libs/secrets/src/thread.ts', imports: 'node:worker_threads' },
  { from: 'libs/secrets/src/sign.ts', imports: 'jose' },
  { from: 'libs/key-store-sqlite/src/store.ts', imports: 'better-sqlite3' },
  { from: 'libs/key-store-sqlite/src/thread.ts', imports: 'node:worker_threads' },
  { from: 'libs/key-store-sqlite/src/rows.ts', imports: 'type #secrets/key-store.js' },
  { from: 'libs/key-store-postgres/src/store.ts', imports: 'pg' },
  { from: 'libs/key-store-postgres/src/buckets.ts', imports: 'node:crypto' },
  { from: 'libs/key-store-postgres/src/rows.ts', imports: 'type #secrets/key-store.js' },
  { from: 'libs/application/src/execute.ts', imports: '#event-log/errors.js' },
  { from: 'libs/application/src/totp/add.ts', imports: '@nestjs/cqrs' },
  { from: 'libs/application/src/totp/verify.ts', imports: 'type #secrets/totp.js' },
  { from: 'libs/snapshot-files/src/files.ts', imports: 'type #application/execute.js' },
  { from: 'libs/snapshot-files/src/disk.ts', imports: 'node:fs/promises' },
  { from: 'libs/read-models/src/runner.ts', imports: 'kysely' },
  { from: 'libs/read-models/src/queries/factors.ts', imports: '#domain/ids.js' },
  { from: 'libs/read-models/src/stores/sqlite.ts', imports: 'better-sqlite3' },
  { from: 'libs/delivery-hook/src/notices.ts', imports: '#domain/ids.js' },
  { from: 'libs/delivery-hook/src/writer.ts', imports: '#event-catalog/encode.js' },
  { from: 'libs/delivery-hook/src/follow.ts', imports: '#event-log/errors.js' },
  { from: 'libs/delivery-hook/src/send.ts', imports: 'node:https' },
  { from: 'libs/delivery-hook/src/progress-in-postgres.ts', imports: 'pg' },
  { from: 'libs/telemetry/src/process.ts', imports: 'node:perf_hooks' },
  { from: 'libs/access/src/policies/policies.ts', imports: '@cedar-policy/cedar-wasm' },
  { from: 'libs/access/src/judge.ts', imports: '#domain/ids.js' },
  { from: 'libs/access/src/fold.ts', imports: '#event-log/errors.js' },
  { from: 'libs/transport/src/grpc/server.ts', imports: '@grpc/grpc-js' },
  { from: 'libs/transport/src/grpc/calls.ts', imports: '#contract/call.js' },
  { from: 'libs/transport/src/authorize.ts', imports: '#access/judge.js' },
  { from: 'libs/transport/src/answers.ts', imports: '#read-models/runner.js' },
  { from: 'libs/transport/src/implementation.ts', imports: 'type #domain/ids.js' },
  { from: 'libs/transport/src/tls.ts', imports: 'node:tls' },
  { from: 'libs/transport/src/dialects/zitadel/routes.ts', imports: '#application/execute.js' },
  { from: 'libs/transport/src/dialects/zitadel/errors.ts', imports: '#transport/dialects/zitadel/routes.js' },
  { from: 'apps/server/src/main.ts', imports: '#event-log-sqlite/log.js' },
  { from: 'apps/cli/src/commands/backup.ts', imports: '#event-log-sqlite/log.js' },
  { from: 'libs/event-log-sqlite/src/log.spec.ts', imports: '#event-log/contract/suite.js' },
  { from: 'libs/event-log/src/contract/suite.ts', imports: '@jest/globals' },
  { from: 'test/e2e/start.spec.ts', imports: 'better-sqlite3' },
];

const refused: readonly (Arrow & { readonly rule: string })[] = [
  { from: 'libs/domain/src/totp/a.ts', imports: 'node:crypto', rule: outside },
  { from: 'libs/domain/src/totp/b.ts', imports: '#event-log/event-log.js', rule: outside },
  { from: 'libs/domain/src/totp/c.ts', imports: 'kysely', rule: outside },
  { from: 'libs/domain/src/totp/d.ts', imports: '@nestjs/common', rule: 'nest-stays-at-the-edge' },
  { from: 'libs/contract/src/a.ts', imports: '#domain/ids.js', rule: outside },
  { from: 'libs/contract/src/b.ts', imports: 'node:crypto', rule: outside },
  { from: 'libs/contract/src/c.ts', imports: '@grpc/grpc-js', rule: outside },
  { from: 'libs/event-log/src/a.ts', imports: '#domain/ids.js', rule: outside },
  { from: 'libs/event-log/src/b.ts', imports: 'better-sqlite3', rule: 'one-driver-one-room' },
  { from: 'libs/event-log/src/c.ts', imports: '#event-log/contract/suite.js', rule: outside },
  { from: 'libs/event-log/src/d.ts', imports: '@nestjs/common', rule: 'nest-stays-at-the-edge' },
  { from: 'libs/event-log-sqlite/src/a.ts', imports: '#event-log-eventstoredb/log.js', rule: outside },
  { from: 'libs/event-log-sqlite/src/b.ts', imports: '@eventstore/db-client', rule: 'one-driver-one-room' },
  { from: 'libs/event-log-eventstoredb/src/a.ts', imports: 'better-sqlite3', rule: 'one-driver-one-room' },
  { from: 'libs/event-catalog/src/a.ts', imports: '#event-log/event-log.js', rule: outside },
  { from: 'libs/event-catalog/src/b.ts', imports: '@nestjs/common', rule: 'nest-stays-at-the-edge' },
  { from: 'libs/secrets/src/a.ts', imports: 'node:fs', rule: outside },
  { from: 'libs/secrets/src/b.ts', imports: '#domain/ids.js', rule: outside },
  { from: 'libs/secrets/src/c.ts', imports: '@nestjs/common', rule: 'nest-stays-at-the-edge' },
  { from: 'libs/application/src/a.ts', imports: '#event-log-sqlite/log.js', rule: outside },
  { from: 'libs/application/src/b.ts', imports: '#event-log/in-memory.js', rule: outside },
  { from: 'libs/key-store-sqlite/src/a.ts', imports: '#secrets/key-store.js', rule: outside },
  { from: 'libs/key-store-sqlite/src/b.ts', imports: '#event-log/event-log.js', rule: outside },
  { from: 'libs/key-store-postgres/src/a.ts', imports: '#secrets/key-store.js', rule: outside },
  { from: 'libs/key-store-postgres/src/b.ts', imports: 'node:fs', rule: outside },
  { from: 'libs/key-store-postgres/src/c.ts', imports: '@nestjs/common', rule: 'nest-stays-at-the-edge' },
  { from: 'libs/application/src/c.ts', imports: '#secrets/totp.js', rule: outside },
  { from: 'libs/read-models/src/d.ts', imports: 'pg', rule: 'one-driver-one-room' },
  { from: 'libs/application/src/d.ts', imports: '#read-models/runner.js', rule: outside },
  { from: 'libs/application/src/e.ts', imports: 'otplib', rule: 'one-driver-one-room' },
  { from: 'libs/application/src/f.ts', imports: 'jose', rule: 'one-driver-one-room' },
  { from: 'libs/snapshot-files/src/a.ts', imports: '#application/execute.js', rule: outside },
  { from: 'libs/read-models/src/a.ts', imports: '#secrets/names.js', rule: outside },
  { from: 'libs/read-models/src/b.ts', imports: '#application/execute.js', rule: outside },
  { from: 'libs/read-models/src/c.ts', imports: 'better-sqlite3', rule: 'one-driver-one-room' },
  { from: 'libs/delivery-hook/src/a.ts', imports: '#application/execute.js', rule: outside },
  { from: 'libs/delivery-hook/src/b.ts', imports: '#secrets/names.js', rule: outside },
  { from: 'libs/delivery-hook/src/c.ts', imports: '#event-log/in-memory.js', rule: outside },
  { from: 'libs/delivery-hook/src/d.ts', imports: 'pg', rule: 'one-driver-one-room' },
  { from: 'libs/delivery-hook/src/e.ts', imports: '#read-models/lease.js', rule: outside },
  { from: 'libs/transport/src/g.ts', imports: '#delivery-hook/send.js', rule: outside },
  { from: 'libs/telemetry/src/a.ts', imports: '#event-log/event-log.js', rule: outside },
  { from: 'libs/telemetry/src/b.ts', imports: 'prom-client', rule: outside },
  { from: 'libs/transport/src/f.ts', imports: '#telemetry/registry.js', rule: outside },
  { from: 'libs/access/src/a.ts', imports: '#transport/listener.js', rule: outside },
  { from: 'libs/access/src/b.ts', imports: '#application/execute.js', rule: outside },
  { from: 'libs/access/src/c.ts', imports: '#event-log/in-memory.js', rule: outside },
  { from: 'libs/access/src/d.ts', imports: 'node:net', rule: outside },
  { from: 'libs/access/src/e.ts', imports: '@nestjs/common', rule: outside },
  { from: 'libs/transport/src/a.ts', imports: '#event-log/event-log.js', rule: outside },
  { from: 'libs/transport/src/b.ts', imports: '#domain/ids.js', rule: outside },
  { from: 'libs/transport/src/c.ts', imports: '#secrets/key-store.js', rule: outside },
  { from: 'libs/transport/src/d.ts', imports: '#event-catalog/encode.js', rule: outside },
  { from: 'libs/transport/src/e.ts', imports: 'better-sqlite3', rule: 'one-driver-one-room' },
  { from: 'libs/access/src/g.ts', imports: '@cedar-policy/cedar-wasm', rule: 'one-driver-one-room' },
  {
    from: 'libs/transport/src/dialects/tenant/a.ts',
    imports: '#transport/dialects/zitadel/routes.js',
    rule: 'no-dialect-knows-another',
  },
  { from: 'apps/server/src/a.ts', imports: 'better-sqlite3', rule: 'one-driver-one-room' },
  { from: 'apps/server/src/b.ts', imports: '#test/e2e/harness.js', rule: outside },
  { from: 'apps/server/src/c.ts', imports: '#event-log/contract/suite.js', rule: outside },
  { from: 'apps/cli/src/a.ts', imports: 'better-sqlite3', rule: 'one-driver-one-room' },
  { from: 'apps/cli/src/b.ts', imports: '#event-log/contract/suite.js', rule: outside },
  { from: 'tools/a.ts', imports: '#test/e2e/harness.js', rule: outside },
  { from: 'libs/domain/src/totp/decide.spec.ts', imports: '#test/e2e/harness.js', rule: outside },
  { from: 'libs/common/src/a.ts', imports: '#domain/ids.js', rule: outside },
  { from: 'libs/domain/src/e.ts', imports: '#domain/nowhere.js', rule: 'an-import-resolves' },
  { from: 'libs/domain/src/cycle-a.ts', imports: '#domain/cycle-b.js', rule: 'no-cycles' },
];

/** What is imported, and exists. */
const targets = [
  'libs/domain/src/ids.ts',
  'libs/domain/src/totp/state.ts',
  'libs/event-log/src/errors.ts',
  'libs/event-log/src/in-memory.ts',
  'libs/secrets/src/key-store.ts',
  'libs/telemetry/src/registry.ts',
  'libs/transport/src/listener.ts',
  'test/e2e/harness.ts',
];

const packages = [
  'better-sqlite3',
  '@eventstore/db-client',
  '@grpc/grpc-js',
  '@bufbuild/protobuf',
  'otplib',
  'jose',
  '@node-rs/argon2',
  '@node-rs/bcrypt',
  'kysely',
  'pg',
  '@cedar-policy/cedar-wasm',
  '@nestjs/common',
  '@nestjs/cqrs',
  '@jest/globals',
  'prom-client',
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

let violations: readonly Violation[] = [];

beforeAll(() => {
  buildHouse();
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [cruiser, '--output-type', 'json', 'apps', 'libs', 'test', 'tools'],
    { cwd: house, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (stdout === '') throw new Error(stderr);
  violations = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
}, 60_000);

afterAll(() => rmSync(house, { recursive: true, force: true }));

function buildHouse(): void {
  for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json'])
    copyFileSync(join(root, name), join(house, name));
  put('package.json', JSON.stringify({ name: 'house', type: 'module', imports: importsOf(rooms) }));
  for (const name of packages) {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
    put(`node_modules/${name}/index.js`, 'module.exports = { name: 1 };');
  }
  for (const path of targets) put(path, 'export const name = 1;');
  put('libs/domain/src/cycle-b.ts', "export { name } from '#domain/cycle-a.js';\n");
  put('libs/domain/src/type-b.ts', "import type { name } from '#domain/type-a.js';\nexport { name };\n");
  for (const { from, imports } of [...allowed, ...refused]) {
    const [target = '', type = ''] = imports.split(' ').reverse();
    const named = type === '' ? '{ name as other }' : 'type { name as other }';
    const use = type === '' ? 'other' : '0 as unknown as typeof other';
    put(from, `import ${named} from '${target}';\nexport const name = ${use};\n`);
  }
}

function importsOf(names: readonly string[]): Record<string, unknown> {
  const entries = names.map((name) => [
    `#${name}/*.js`,
    { development: `./libs/${name}/src/*.ts`, default: `./dist/libs/${name}/src/*.js` },
  ]);
  return { ...Object.fromEntries(entries), '#test/*.js': './test/*.ts' };
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

const rulesBrokenBy = (from: string): string[] =>
  violations.filter((violation) => violation.from === from).map(({ rule }) => rule.name);

describe('the import arrows', () => {
  it.each(allowed)('allow $from → $imports', ({ from }) => {
    expect(rulesBrokenBy(from)).toEqual([]);
  });

  it.each(refused)('refuse $from → $imports: $rule', ({ from, rule }) => {
    expect(rulesBrokenBy(from)).toContain(rule);
  });
});
