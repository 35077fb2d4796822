// docs/errors.md, of the table of refusals.

export interface DocumentedRefusal {
  /** One or two sentences. */
  readonly meaning: string;
  /** The names of what comes with the code. */
  readonly carries: readonly string[];
  /** On the wire: the name of gRPC's status, and the id of the error detail. */
  readonly status: string;
  readonly id: string;
}

export function errorsDocument(refusals: Readonly<Record<string, DocumentedRefusal>>): string {
  const rows = Object.entries(refusals)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, refusal]) => refusalRow(code, refusal));
  return `# Refusals

What a call answers when it does not do what it was asked for. The code is stable and may be relied on, and so are the
status and the id; texts are for people, and change. The code and what it carries come in a
\`countersign.v1.RefusalDetail\`, the id in a \`zitadel.v1.ErrorDetail\`, fields that break a rule in a
\`google.rpc.BadRequest\`, and a time to wait in a \`google.rpc.RetryInfo\`. Where ZITADEL gives the same refusal
another id in another call, that call answers ZITADEL's.

<!-- Generated from the tables of refusals and of statuses by \`npm run generate\`. -->

| code | status | id | meaning | carries |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function refusalRow(code: string, { meaning, carries, status, id }: DocumentedRefusal): string {
  const names = carries.map((name) => `\`${name}\``).join(', ');
  return `| \`${code}\` | ${status} | \`${id}\` | ${meaning.replaceAll('|', '\\|')} | ${names === '' ? 'nothing' : names} |`;
}
