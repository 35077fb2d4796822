import type { Command } from '#cli/command.js';
import { completionScript, type Shell, shells } from '#cli/completion.js';
import { exitCodes } from '#cli/exit-codes.js';

/** Given the table that it is a part of. */
export const completionOver = (commands: () => readonly Command[]): Command => ({
  name: 'completion',
  summary: 'Print a script that completes commands and options in a shell.',
  way: 'alone',
  arguments: [{ name: 'shell', meaning: 'For which shell.', choices: shells }],
  options: {},
  examples: [
    { line: 'completion bash > ~/.local/share/bash-completion/completions/countersign', meaning: 'In bash' },
    { line: 'completion zsh > ~/.zsh/completions/_countersign', meaning: 'In zsh, in a folder of fpath' },
    { line: 'completion fish > ~/.config/fish/completions/countersign.fish', meaning: 'In fish' },
  ],
  run: async ({ given, output }) => {
    const script = completionScript(given.argument(0) as Shell, commands());
    await output.answer({ script }, () => script);
    return exitCodes.done;
  },
});
