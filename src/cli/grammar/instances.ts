import type { AddOptions } from '../commands/add.ts';
import type { ListOptions } from '../commands/list.ts';
import type { RemoveOptions } from '../commands/remove.ts';
import type { SetOptions } from '../commands/set.ts';
import { EXAMPLES } from '../examples.ts';
import { collect, type Registrar } from './registrar.ts';

/** `spot add | list | remove | set` */
export function registerInstances({ command, finish, io }: Registrar): void {
  command('add [hosts...]', 'add hosts by hand: [user@]host[:port] each')
    .option('--name <name>', 'what to call it')
    .option('--tag <key=value>', 'a tag; may be repeated', collect)
    .option('--id <id>', 'its id (default: made of address and port)')
    .option('--inventory-file <file>', 'the hosts of an Ansible inventory or a plain list; may be repeated', collect)
    .addHelpText('after', EXAMPLES.add)
    .action((hosts: string[], options: AddOptions) =>
      finish(import('../commands/on-state.ts').then(({ addInstances }) => addInstances(hosts, options, io))),
    );
  command('list [words...]', 'list the instances')
    .option('--all', 'terminated instances from EC2, too')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.list)
    .action((words: string[], options: ListOptions) =>
      finish(import('../commands/on-state.ts').then(({ listInstances }) => listInstances(words, options, io))),
    );
  command('remove <words...>', 'forget instances; nothing is done to the machines')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLES.remove)
    .action((words: string[], options: RemoveOptions) =>
      finish(import('../commands/on-state.ts').then(({ removeInstances }) => removeInstances(words, options, io))),
    );
  command('set <instance>', 'correct what is known of an instance')
    .option('--state <state>', 'pending, running, shutting-down, stopping, stopped or terminated')
    .option('--name <name>', 'what to call it')
    .option('--address <host>', 'name or IP address')
    .option('--user <user>', 'SSH user')
    .option('--port <port>', 'SSH port')
    .option('--tag <key=value>', 'a tag; key= removes it; may be repeated', collect)
    .addHelpText('after', EXAMPLES.set)
    .action((word: string, options: SetOptions) =>
      finish(import('../commands/on-state.ts').then(({ setInstance }) => setInstance(word, options, io))),
    );
}
