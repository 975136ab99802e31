import type { GlobalOptions } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot host-key forget`, `spot demo` */
export function registerHosts({ command, finish, io }: Registrar): void {
  command('host-key <action> <instances...>', 'forget: take the key that the host shows next')
    .addHelpText('after', EXAMPLES.hostKey)
    .action((action: string, instances: string[], options: GlobalOptions) =>
      finish(import('../commands/host-key.ts').then(({ hostKey }) => hostKey(action, instances, options, io))),
    );
  command('demo', 'run the example on three sandbox instances inside this process')
    .option('--keep', 'leave the state file and the logs, and say where they are')
    .action((options: GlobalOptions & { keep?: boolean }) =>
      finish(import('../commands/demo.ts').then(({ demo }) => demo(options, io))),
    );
}
