import type { Command } from 'commander';
import { collect } from './registrar.ts';

/** Who is meant, as another tool has it. */
export function withInventoryFile(command: Command): Command {
  const words =
    'only the hosts of an Ansible inventory or a plain list, new ones are added; - for stdin; may be repeated';
  return command.option('--inventory-file <file>', words, collect);
}
