import { Argument } from 'commander';
import type { Shell } from '../completion/scripts.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot completion bash | zsh | fish` */
export function registerCompletion({ command, finish, io }: Registrar): void {
  command('completion', 'print what makes a shell complete commands, flags, instances, runs and payloads')
    .addArgument(new Argument('<shell>', 'which one').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLES.completion)
    .action((shell: Shell) =>
      finish(import('../commands/on-state.ts').then(({ completion }) => completion(shell, io))),
    );
}
