// What operators are handed fits the service: each metric, label and value that the dashboard and the alerts ask for
// exists, and each alert has its paragraph.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

import { services } from '#server/calls.js';
import { Metrics } from '#server/metrics/metrics.js';

const operations = join(import.meta.dirname, '..', '..', 'docs', 'operations');
const read = (name: string): string => readFileSync(join(operations, name), 'utf8');

const metrics = new Metrics({ services, engine: 'embedded' });
metrics.watchSpans({ sent: 0, dropped: 0 });
afterAll(() => metrics.close());

type Labels = Readonly<Record<string, ReadonlySet<string>>>;

/** By the name of each series. Prometheus adds `up`, and to every series who was scraped. */
const known = new Map<string, Labels>([
  ['up', {}],
  ...metrics.registry.families.flatMap(({ kind, described: { name, labels = {} } }) =>
    kind === 'histogram'
      ? ['_bucket', '_sum', '_count'].map((suffix) => [`${name}${suffix}`, labels] as const)
      : [[name, labels] as const],
  ),
]);
const added = new Set(['instance', 'job', 'le']);
const words = new Set(['and', 'or', 'unless', 'bool']);

/** Everything that an expression asks for, and nobody has. */
function unknownIn(expression: string): string[] {
  const grouped = [...expression.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)];
  const groupLabels = grouped.flatMap(([, list = '']) => list.split(',').map((label) => label.trim()));
  const bare = expression
    .replaceAll(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ');
  const names = [...bare.matchAll(/([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g)].filter(
    ([, name = '', after]) => after !== '(' && !words.has(name) && !isPartOfNumber(bare, name),
  );
  const asked = names.map(([, name = '']) => name);
  return [
    ...(asked.length === 0 ? [`${expression} asks for nothing`] : []),
    ...asked.filter((name) => !known.has(name)),
    ...names.flatMap(([, name = '', selector = '']) => unknownInSelector(name, selector)),
    ...groupLabels
      .filter((label) => !asked.some((name) => hasLabel(name, label)))
      .map((label) => `by ${label}`),
  ];
}

/** `1.5e9` is no name. */
const isPartOfNumber = (text: string, name: string): boolean =>
  /^e\d+$/.test(name) && new RegExp(`\\d${name}\\b`).test(text);

const hasLabel = (name: string, label: string): boolean =>
  added.has(label) || label in (known.get(name) ?? {});

function unknownInSelector(name: string, selector: string): string[] {
  return [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].flatMap(
    ([, label = '', text = '']) => {
      if (!hasLabel(name, label)) return [`${name}{${label}}`];
      if (added.has(label)) return [];
      return text
        .split('|')
        .filter((value) => !known.get(name)?.[label]?.has(value))
        .map((value) => `${name}{${label}="${value}"}`);
    },
  );
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const rules = (parse(read('alerts.yaml')) as { groups: { rules: Alert[] }[] }).groups.flatMap(
  (group) => group.rules,
);

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(read('dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
};
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

describe('what is asked for', () => {
  it.each([
    ['sum by (le) (rate(countersign_call_duration_seconds_bucket[5m])) > 1.5e9', []],
    ['rate(countersign_calls_total{code="OK",instance=~"$instance"}[$__rate_interval])', []],
    ['countersign_nothing > 0', ['countersign_nothing']],
    ['countersign_call_duration_seconds > 0', ['countersign_call_duration_seconds']],
    ['countersign_calls_total{user="ada"}', ['countersign_calls_total{user}']],
    ['countersign_calls_total{code=~"OK|NOPE"}', ['countersign_calls_total{code="NOPE"}']],
    ['sum by (kind) (countersign_calls_total)', ['by kind']],
    ['1 > 0', ['1 > 0 asks for nothing']],
  ])('is found missing where it is missing: %s', (expression, missing) => {
    expect(unknownIn(expression)).toEqual(missing);
  });
});

describe('the alerts', () => {
  it('ask for what there is', () => {
    expect(rules.length).toBeGreaterThan(10);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });

  it('have a name, how bad it is, and one sentence each', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    const odd = rules.filter(
      ({ alert, labels, annotations }) =>
        !/^Countersign[A-Z]\w+$/.test(alert) ||
        !['critical', 'warning', 'info'].includes(labels.severity) ||
        annotations.summary.length < 20,
    );
    expect(odd).toEqual([]);
  });

  it('lead to one paragraph each in the runbook, in the same order', () => {
    const sections = read('runbook.md').split(/^## /m).slice(1);
    const told = sections.map((section) => {
      const [name = '', ...paragraphs] = section.trim().split('\n\n');
      return [name, paragraphs.length];
    });
    expect(told).toEqual(rules.map(({ alert }) => [alert, 1]));
    expect(sections.filter((section) => section.length < 300)).toEqual([]);
    expect(rules.map(({ annotations }) => annotations.runbook)).toEqual(
      rules.map(({ alert }) => `docs/operations/runbook.md#${alert.toLowerCase()}`),
    );
  });
});

describe('the dashboard', () => {
  it('asks for what there is', () => {
    expect(expressions.length).toBeGreaterThan(20);
    expect(expressions.flatMap(unknownIn)).toEqual([]);
    const [, instances] = dashboard.templating.list;
    const [, metric = ''] = /^label_values\((\w+), instance\)$/.exec(instances?.query ?? '') ?? [];
    expect(known.has(metric)).toBe(true);
  });

  it('shows every metric that there is', () => {
    const shown = expressions.join('\n');
    const names = metrics.registry.families.map(({ described }) => described.name);
    expect(names.filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('has its panels side by side and not one over the other', () => {
    expect(dashboard.panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    expect(dashboard.panels.filter(({ type, targets }) => type !== 'row' && !targets?.length)).toEqual([]);
  });
});
