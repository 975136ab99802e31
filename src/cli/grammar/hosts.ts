import type { DoctorOptions } from '../commands/doctor.ts';
import type { GlobalOptions } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot host-key forget`, `spot doctor`, `spot demo` */
export function registerHosts({ command, finish, io }: Registrar): void {
  command('host-key <action> <instances...>', 'forget: take the key that the host shows next')
    .addHelpText('after', EXAMPLES.hostKey)
    .action((action: string, instances: string[], options: GlobalOptions) =>
      finish(import('../commands/on-state.ts').then(({ hostKey }) => hostKey(action, instances, options, io))),
    );
  command(
    'doctor [instances...]',
    'check this machine and the instances (default: all that run), and say how to mend it',
  )
    .option('--fix', 'remove what dead runs have left on the instances')
    .option('--local', 'this machine and AWS only; no instance is connected to')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.doctor)
    .action((words: string[], options: DoctorOptions) =>
      finish(import('../commands/on-instances.ts').then(({ doctor }) => doctor(words, options, io))),
    );
  command('demo', 'run the example on three sandbox instances inside this process')
    .option('--keep', 'leave the state file and the logs, and say where they are')
    .addHelpText('after', EXAMPLES.demo)
    .action((options: GlobalOptions & { keep?: boolean }) =>
      finish(import('../commands/demo.ts').then(({ demo }) => demo(options, io))),
    );
}
