// docs/events.md, of what the catalogue says.

import { catalogue } from '#event-catalog/catalogue.js';
import type { AnyEntries } from '#event-catalog/entry.js';
import { type Fields, kindMeanings } from '#event-catalog/fields.js';
import { settingFields } from '#event-catalog/settings.js';

const streamTitles = {
  account: 'In the stream of a user',
  organization: 'In the stream of an organization',
  instance: 'In the stream of the instance',
  loginName: 'In the stream of a login name',
  session: 'In the stream of a session',
} as const satisfies Record<keyof typeof catalogue, string>;

export function eventsDocument(): string {
  const streams = Object.entries(streamTitles).map(([kind, title]) =>
    streamSection(title, catalogue[kind as keyof typeof catalogue]),
  );
  return `# Events

Everything that was ever decided, as it stands in the event log. The data of an event holds its fields and, as \`v\`,
the version of its form. Its metadata hold when it happened and who did it. What is **sealed** can be read only
with the data key of its user.

<!-- Generated from libs/event-catalog/src by \`npm run generate\`. -->

${streams.join('\n\n')}

## Settings

What an organization chooses for itself, or the instance for all.

| setting | kind |
|---|---|
${rows(Object.entries(settingFields).map(([name, { kind }]) => [`\`${name}\``, kindText(kind)]))}

## Kinds of fields

| kind | what it is |
|---|---|
${rows(Object.entries(kindMeanings).map(([kind, meaning]) => [kindText(kind), meaning]))}
`;
}

function streamSection(title: string, entries: AnyEntries): string {
  return `## ${title}

| type | version | fields | meaning |
|---|---|---|---|
${rows(Object.entries(entries).flatMap(([type, entry]) => eventRows(type, entry)))}`;
}

/** The newest version first; of the older ones it is enough to know their fields. */
export function eventRows(type: string, { fields, meaning, older = [] }: AnyEntries[string]): string[][] {
  const newest = older.length + 1;
  return [
    [`\`${type}\``, String(newest), fieldsText(fields), meaning],
    ...older
      .map((one, index) => [
        `\`${type}\``,
        String(index + 1),
        fieldsText(one.fields),
        `Read as version ${newest}.`,
      ])
      .reverse(),
  ];
}

function fieldsText(fields: Fields): string {
  const texts = Object.entries(fields).map(([name, { kind }]) => `\`${name}\`: ${kindText(kind)}`);
  return texts.length === 0 ? 'none' : texts.join('<br>');
}

function kindText(kind: string): string {
  return kind.replaceAll(/\bsealed\b/g, '**sealed**');
}

function rows(cells: readonly (readonly string[])[]): string {
  return cells.map((row) => `| ${row.join(' | ')} |`).join('\n');
}
