import type { Command } from 'commander';
import type { AttachOptions } from '../commands/attach.ts';
import type { StopOptions } from '../commands/stop.ts';
import { EXAMPLES } from '../examples.ts';
import { quietly } from '../quietly.ts';
import { type Registrar, withPick, withShowFlags } from './registrar.ts';

/** `spot attach | stop` */
export function registerRuns({ command, finish, io }: Registrar): void {
  const show = (name: string, describe: string): Command => withShowFlags(command(name, describe));
  show('attach [run]', 'take up a run that was left (default: the newest that has not ended)')
    .addHelpText('after', EXAMPLES.attach)
    .action((run: string | undefined, options: AttachOptions) =>
      finish(
        quietly(options, io, async (told) => {
          const { attach } = await import('../commands/on-instances.ts');
          return attach(run ?? null, options, told);
        }),
      ),
    );
  withPick(show('stop <run> [instances...]', 'end the scripts of a run, and prove it'))
    .addHelpText('after', EXAMPLES.stop)
    .action((run: string, instances: string[], options: StopOptions) =>
      finish(
        quietly(options, io, async (told) => {
          const { stop } = await import('../commands/on-instances.ts');
          return stop(run, instances, options, told);
        }),
      ),
    );
}
