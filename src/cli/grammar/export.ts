import { Argument } from 'commander';
import type { ExportFormat } from '../commands/export.ts';
import type { GlobalOptions } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot export ansible | ssh-config | json` */
export function registerExport({ command, finish, io }: Registrar): void {
  command('export', 'write the fleet for another tool: those that run, or those of them that the words mean')
    .addArgument(new Argument('<format>', 'for whom').choices(['ansible', 'ssh-config', 'json']))
    .argument('[words...]', 'ids, names, addresses, globs, key=value, @file')
    .addHelpText('after', EXAMPLES.export)
    .action((format: ExportFormat, words: string[], options: GlobalOptions) =>
      finish(import('../commands/on-state.ts').then(({ exportFleet }) => exportFleet(format, words, options, io))),
    );
}
