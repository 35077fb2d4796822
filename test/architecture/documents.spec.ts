// What the documents say can be followed: links lead somewhere, commands exist, decisions have their form.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(root, path)))
  .map((path) => ({ path, text: read(path) }));

type Text = Readonly<{ path: string; text: string }>;

/** Every relative link that leads to no file, or to no heading of its file. */
function brokenLinks({ path, text }: Text): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(path, link))
    .map((link) => `${path}: ${link}`);
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(read(target)).includes(anchor);
}

function anchorsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** A block of code may look like anything. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '');
}

const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };

function unknownScripts({ path, text }: Text): string[] {
  return [...text.matchAll(/\bnpm (?:run )?(?:-s |--silent )?([a-z][\w:-]*)/g)]
    .filter(([command, name = '']) => command.startsWith('npm run') || name === 'start' || name === 'test')
    .filter(([, name = '']) => !(name in scripts))
    .map(([command]) => `${path}: ${command}`);
}

const decisions = documents.filter(({ path }) => path.startsWith('docs/adr/'));
const sections = ['Context', 'Options', 'Decision', 'Consequences'];
const decisionLinesMax = 70;

function faultsOfDecision({ path, text }: Text, index: number): string[] {
  const number = index + 1;
  const name = `docs/adr/${String(number).padStart(4, '0')}-`;
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  return [
    ...(path.startsWith(name) ? [] : [`${path} is not ${name}…`]),
    ...(text.startsWith(`# ${number}. `) ? [] : [`${path} does not begin with "# ${number}. "`]),
    ...(/^(Accepted|Superseded by \[\d{4}\]\(.+\)), \d{4}-\d\d-\d\d$/m.test(text)
      ? []
      : [`${path} has no status`]),
    ...(headings.join() === sections.join() ? [] : [`${path} has the sections ${headings.join(', ')}`]),
    ...(lineCount(text) <= decisionLinesMax ? [] : [`${path} is over ${decisionLinesMax} lines`]),
  ];
}

const lineCount = (text: string): number => text.split('\n').length - 1;

/** Two pages. */
const shortLinesMax = 120;

describe('the documents', () => {
  it('lead by every relative link to what is there', () => {
    const example = {
      path: 'README.md',
      text: '[a](nowhere.md) [b](LICENSE) [c](#no-heading) [d](https://x.org)',
    };
    expect(brokenLinks(example)).toEqual(['README.md: nowhere.md', 'README.md: #no-heading']);
    expect(documents.length).toBeGreaterThan(decisions.length);
    expect(documents.flatMap(brokenLinks)).toEqual([]);
  });

  it('name only npm scripts that exist', () => {
    const example = {
      path: 'README.md',
      text: '`npm start`, `npm run nowhere -- x`, `npm ci`, an npm package',
    };
    expect(unknownScripts(example)).toEqual(['README.md: npm run nowhere']);
    expect(documents.flatMap(unknownScripts)).toEqual([]);
  });

  it.each(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'])(
    '%s has two pages at most',
    (path) => {
      expect(lineCount(read(path))).toBeLessThanOrEqual(shortLinesMax);
    },
  );

  it('carry the whole text of the licence that package.json names', () => {
    expect(read('package.json')).toContain('"license": "Apache-2.0"');
    expect(read('LICENSE')).toMatch(
      /Apache License\n\s+Version 2\.0, January 2004.+APPENDIX: How to apply.+limitations under the License\.\n$/s,
    );
  });
});

describe('the decisions', () => {
  it('are numbered without gaps, one page each, with their four sections and a status', () => {
    const wrong = {
      path: 'docs/adr/0003-x.md',
      text: `# 2. X\n\n## Context\n${'\n'.repeat(decisionLinesMax)}`,
    };
    expect(faultsOfDecision(wrong, 1)).toHaveLength(4);
    expect(decisions.length).toBeGreaterThan(0);
    expect(decisions.flatMap(faultsOfDecision)).toEqual([]);
  });
});
