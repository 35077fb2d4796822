// docs/operations/command-line.md, from the table of commands.

import { type Command, type Option, ways } from '#cli/command.js';
import { commands } from '#cli/commands.js';
import { exitCodeMeanings, exitCodes } from '#cli/exit-codes.js';
import { argumentMeaning, optionMeaning, optionUsage, usageOf } from '#cli/help.js';
import { optionsOfWay } from '#cli/options.js';

export function commandLineDocument(): string {
  return `# The command line

\`npx countersign\` in a checkout. Answers go to standard output; progress, notes and failures to standard error. With
\`--json\` an answer is JSON, one value or one a line, and a failure is \`{"error": {"code", "message", "advice"}}\`. Colours
and progress bars are for terminals alone, and \`NO_COLOR\` takes the colours away. Settings are those of the service, from
the [environment](../settings.md).

<!-- Generated from apps/cli/src/commands.ts by \`npm run generate\`. -->

## Exit codes

| code | meaning |
|---|---|
${Object.entries(exitCodes)
  .map(([name, code]) => `| ${code} | ${exitCodeMeanings[name as keyof typeof exitCodes]} |`)
  .join('\n')}

## Options of many commands

${optionTable(optionsOfWay('either'))}

\`--data-dir\` is for commands that reach a data directory; \`--url\` and \`--token-file\` for those that may call a service.

${commands.map(commandSection).join('\n\n')}
`;
}

function commandSection(command: Command): string {
  const { name, summary, details, way, options, examples } = command;
  const argumentRows = command.arguments.map(
    (argument) => `| \`<${argument.name}>\` | ${cell(argumentMeaning(argument))} |`,
  );
  const given = [...argumentRows, ...optionRows(options)];
  const table = given.length === 0 ? [] : [`| | |\n|---|---|\n${given.join('\n')}`];
  const lines = examples.map(({ line, meaning }) => `# ${meaning}\n$ npx countersign ${line}`);
  return [
    `## ${name}`,
    `\`${usageOf(command)}\``,
    `${cell(summary)}${details === undefined ? '' : ` ${cell(details)}`} ${ways[way]}`,
    ...table,
    `\`\`\`console\n${lines.join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function optionTable(options: Readonly<Record<string, Option>>): string {
  return `| | |\n|---|---|\n${optionRows(options).join('\n')}`;
}

function optionRows(options: Readonly<Record<string, Option>>): string[] {
  return Object.entries(options).map(
    ([name, option]) => `| \`${optionUsage(name, option)}\` | ${cell(optionMeaning(option))} |`,
  );
}

/** What a table or a tag would swallow. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/<\w+>/g, '`$&`');
