import type { ConfigOptions } from '../commands/config.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot config` */
export function registerConfig({ command, finish, io }: Registrar): void {
  command('config [key]', 'show every setting, and where its value comes from')
    .option('--path', 'show the files that were looked for')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.config)
    .action((key: string | undefined, options: ConfigOptions) =>
      finish(import('../commands/on-state.ts').then(({ showConfig }) => showConfig(key, options, io))),
    );
}
