import { afterEach, describe, expect, it } from '@jest/globals';

import { commands } from '#cli/commands.js';
import { exitCodes } from '#cli/exit-codes.js';
import { countersign } from '#test/e2e/command-line/countersign.js';
import { endAll } from '#test/e2e/server-process.js';

afterEach(endAll);

describe('the command line', () => {
  it('lists every command when asked for help, and when asked for nothing', async () => {
    const help = await countersign(['--help']);
    expect(help).toMatchObject({ code: 0, errors: '' });
    expect(await countersign([])).toEqual(help);
    const listed = help.output.split('\n').map((line) => line.trim());
    for (const { name } of commands) expect(listed).toContainEqual(expect.stringMatching(`^${name}  `));
  });

  it('says its version', async () => {
    expect(await countersign(['--version'])).toEqual({
      code: 0,
      output: expect.stringMatching(/^countersign \d+\.\d+\.\d+\n$/),
      errors: '',
    });
  });

  it.each([
    [['evnts', 'list'], 'did you mean countersign events list?'],
    [['events'], 'events needs a word more: list, tail'],
    [['events', 'list', '--typ=x'], 'did you mean --type?'],
    [['events', 'list', 'all'], 'has no place for all'],
    [['events', 'list', '--limit'], '--limit needs a value'],
    [['events', 'list', '--limit', 'many'], '--limit must be a whole number'],
    [['events', 'list', '--since', 'lately'], '--since must be a time'],
    [['events', 'show'], 'events show needs <position>'],
    [['completion', 'powershell'], '<shell> must be one of bash, zsh, fish'],
    [['--json'], 'not understood without a command'],
  ])('ends with 2 for %j, says what to do, and nothing on standard output', async (words, said) => {
    const ran = await countersign(words);
    expect(ran).toMatchObject({ code: exitCodes.usage, output: '' });
    expect(ran.errors).toContain(said);
  });

  it('tells a failure in JSON to who asked for JSON', async () => {
    const { code, output, errors } = await countersign(['events', 'show', 'x', '--json']);
    expect({ code, output }).toEqual({ code: exitCodes.usage, output: '' });
    expect(JSON.parse(errors)).toEqual({
      error: { code: 'usage', message: expect.any(String), advice: expect.any(String) },
    });
  });

  it('refuses settings that a service would refuse, in one line that names them', async () => {
    const environment = { COUNTERSIGN_EVENTLOG: 'embedded' };
    const ran = await countersign(['events', 'list'], { environment });
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain('did you mean COUNTERSIGN_EVENT_LOG?');
  });

  it('does not take the token of its own for a setting', async () => {
    const environment = { COUNTERSIGN_TOKEN: 'x', COUNTERSIGN_DATA_DIR: '/nowhere/at/all' };
    const ran = await countersign(['events', 'list'], { environment });
    expect(ran.errors).toContain('there is no data directory /nowhere/at/all');
  });
});
