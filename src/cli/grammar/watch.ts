import type { WatchOptions } from '../commands/watch.ts';
import { EXAMPLES } from '../examples.ts';
import { withSync } from './cloud.ts';
import type { Registrar } from './registrar.ts';
import { refuseStrayArguments, withHow, withWhat } from './upload-script.ts';

/** `spot watch <script> [-- args…]` */
export function registerWatch({ command, finish, io, argv }: Registrar): void {
  withSync(withHow(withWhat(command('watch <script>', 'run a script on whoever runs and lacks it, until stopped'))))
    .option('--interval <time>', 'how often the state file is looked at (default: 5s)')
    .option('--json-lines', 'every event on stdout as it happens')
    .option('--output-dir <dir>', 'put <instance>.out and <instance>.err here, too')
    .option('-q, --quiet', 'say only what did not succeed')
    .option('-v, --verbose', 'say more')
    .addHelpText('after', EXAMPLES.watch)
    .action((script: string, args: string[], options: WatchOptions) => {
      refuseStrayArguments(args, argv);
      return finish(
        import('../commands/on-instances.ts').then(({ watchFleet }) => watchFleet(script, args, options, io)),
      );
    });
}
