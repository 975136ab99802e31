import type { Command } from 'commander';
import type { DestroyOptions } from '../commands/destroy.ts';
import type { SyncOptions } from '../commands/sync.ts';
import { EXAMPLES } from '../examples.ts';
import { collect, type Registrar, withFilter } from './registrar.ts';

/** `spot sync | destroy` */
export function registerCloud({ command, finish, io }: Registrar): void {
  command('sync', 'look instances up in EC2')
    .option('--region <region>', 'only there (default: aws.regions); may be repeated', collect)
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.sync)
    .action((options: SyncOptions) =>
      finish(import('../commands/on-instances.ts').then(({ sync }) => sync(options, io))),
    );
  withFilter(command('destroy', 'terminate instances in EC2'))
    .option('--all', 'all instances from EC2')
    .option('-n, --dry-run', 'say what would go, terminate nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.destroy)
    .action((options: DestroyOptions) =>
      finish(import('../commands/on-instances.ts').then(({ destroy }) => destroy(options, io))),
    );
}

/** For commands that look instances up before they begin. */
export function withSync(command: Command): Command {
  return command.option('--no-sync', 'take instances from EC2 as last seen, do not look them up first');
}
