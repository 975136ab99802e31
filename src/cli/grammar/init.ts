import type { InitOptions } from '../commands/init.ts';
import { EXAMPLES } from '../examples.ts';
import { collect, type Registrar } from './registrar.ts';

/** `spot init` */
export function registerInit({ command, finish, io }: Registrar): void {
  command('init', 'ask a few questions and write a config.yaml')
    .option('--user <name>', 'the SSH user')
    .option('--key <file>', 'the private key to log in with')
    .option('--region <region>', 'where EC2 has instances; may be repeated', collect)
    .option('--profile <name>', 'the profile of ~/.aws')
    .option('--no-aws', 'there is nothing in EC2, whatever is found')
    .option('--files <dir>', 'folder that goes along with each script')
    .option('--force', 'replace a file that is there')
    .option('-y, --yes', 'do not ask: take what is found')
    .addHelpText('after', EXAMPLES.init)
    .action((options: InitOptions) => finish(import('../commands/init.ts').then(({ init }) => init(options, io))));
}
