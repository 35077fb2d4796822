// docs/errors.md, of the table of refusals.

export interface DocumentedRefusal {
  /** One or two sentences. */
  readonly meaning: string;
  /** The names of what comes with the code. */
  readonly carries: readonly string[];
}

export function errorsDocument(refusals: Readonly<Record<string, DocumentedRefusal>>): string {
  const rows = Object.entries(refusals)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, refusal]) => refusalRow(code, refusal));
  return `# Refusals

What a command answers when it does not do what it was asked for. The code is stable and may be relied on; texts
are for people, and change.

<!-- Generated from libs/application/src/refusals.ts by \`npm run generate\`. -->

| code | meaning | carries |
|---|---|---|
${rows.join('\n')}
`;
}

function refusalRow(code: string, { meaning, carries }: DocumentedRefusal): string {
  const names = carries.map((name) => `\`${name}\``).join(', ');
  return `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} | ${names === '' ? 'nothing' : names} |`;
}
