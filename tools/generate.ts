// Writes what is derived from the code, or with `--check` says what is no longer fresh.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { refusals } from '#application/refusals.js';
import { type Setting, settingEntries } from '#server/settings.js';
import { commandLineDocument } from '#tools/command-line-document.js';
import { coverageDocument } from '#tools/coverage-document.js';
import { type DocumentedRefusal, errorsDocument } from '#tools/errors-document.js';
import { eventsDocument } from '#tools/events-document.js';
import { type StatusCode, statusCodes } from '#transport/call.js';
import { operatorRefusals, pipelineRefusals, queryRefusals } from '#transport/refusals.js';
import { sayings } from '#transport/status-table.js';

const root = join(import.meta.dirname, '..');

const generated: Readonly<Record<string, () => string>> = {
  'docs/errors.md': () => errorsDocument(documentedRefusals()),
  'docs/events.md': eventsDocument,
  'docs/operations/command-line.md': commandLineDocument,
  'docs/settings.md': settingsDocument,
  'docs/zitadel-coverage.md': coverageDocument,
};

const isCheck = process.argv.includes('--check');
for (const [path, content] of Object.entries(generated)) {
  if (isCheck) check(path, content());
  else write(path, content());
}

function check(path: string, fresh: string): void {
  if (current(path) === fresh) {
    process.stdout.write(`${path} is fresh\n`);
    return;
  }
  process.stderr.write(`${path} differs from the code it is made of: npm run generate\n`);
  process.exitCode = 1;
}

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

function write(path: string, fresh: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), fresh);
}

function documentedRefusals(): Readonly<Record<string, DocumentedRefusal>> {
  const all = { ...refusals, ...pipelineRefusals, ...queryRefusals, ...operatorRefusals };
  return Object.fromEntries(
    Object.entries(all).map(([code, { meaning, carries }]) => {
      const { code: status, id } = sayings[code as keyof typeof all];
      return [code, { meaning, carries, id, status: statusName(status) }];
    }),
  );
}

/** As gRPC writes it: from `notFound` to `NOT_FOUND`. */
function statusName(status: StatusCode): string {
  const [name = ''] = Object.entries(statusCodes).find(([, code]) => code === status) ?? [];
  return name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
}

function settingsDocument(): string {
  const rows = settingEntries.map(([, setting]) => settingRow(setting));
  return `# Settings

Environment variables, checked at start: one that is wrong or unknown ends the process with one line that
names it. A value is never quoted back, since it may be a secret.

<!-- Generated from apps/server/src/settings.ts by \`npm run generate\`. -->

| setting | meaning | allowed | default |
|---|---|---|---|
${rows.join('\n')}
`;
}

function settingRow({ name, meaning, allowed, fallback }: Setting<unknown>): string {
  const whenLeftOut = fallback === null ? 'none' : `\`${fallback}\``;
  return `| \`${name}\` | ${meaning} | ${allowed.replaceAll(/<.*>/g, '`$&`').replaceAll('|', '\\|')} | ${whenLeftOut} |`;
}
