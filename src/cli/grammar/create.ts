import { type Command, Option } from 'commander';
import type { CreateOptions } from '../commands/create.ts';
import { EXAMPLES } from '../examples.ts';
import { collect, type Registrar } from './registrar.ts';
import { refuseStrayArguments, withCompany, withHow } from './upload-script.ts';

/** `spot create [-- args…]` */
export function registerCreate({ command, finish, io, argv }: Registrar): void {
  const creating = command('create', 'create instances in EC2, and run a script on them');
  withShown(withHow(withPayload(withInstances(creating))))
    .addHelpText('after', EXAMPLES.create)
    .action((args: string[], options: CreateOptions) => {
      refuseStrayArguments(args, argv, 'say how many with --count');
      return finish(import('../commands/on-instances.ts').then(({ create }) => create(args, options, io)));
    });
}

function withInstances(command: Command): Command {
  return command
    .argument('[args...]', 'arguments of the script, behind --')
    .option('--count <count>', 'how many (default: 1)')
    .option(
      '--instance-type <type>',
      'the type, preferred ones first (default: aws.instance_types); may be repeated',
      collect,
    )
    .option('--region <region>', 'where, preferred ones first (default: aws.regions); may be repeated', collect)
    .option('--ami <image>', 'the image (default: the latest of --image)')
    .addOption(
      new Option('--image <system>', 'the latest image of it (default: ubuntu)').choices(['ubuntu', 'amazon-linux']),
    )
    .option('--name <name>', 'what to call them')
    .option('--tag <key=value>', 'a tag; may be repeated', collect)
    .option('--max-price <dollars>', 'an hour, for each spot instance (default: what on-demand costs)')
    .option('--on-demand', 'no spot instances')
    .option('--user-data <file>', 'what cloud-init is given')
    .option('--subnet <id>', "where in the network (default: one of the default VPC's)")
    .option('--security-group <group>', 'id or name (default: one that opens port 22 to this machine alone)')
    .option('--client-token <word>', 'a repeated call with it creates nothing twice, whoever makes it')
    .option('--no-wait', 'do not wait until they run');
}

function withPayload(command: Command): Command {
  const what = 'what is run on each of them: a script, or name[@version]; see: spot payload';
  return withCompany(command.option('--payload <script>', what)).option(
    '--terminate-on-failure',
    'do not keep instances on which the payload fails',
  );
}

function withShown(command: Command): Command {
  return command
    .option('-n, --dry-run', 'say what would happen, create nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'one document on stdout at the end')
    .option('--output-dir <dir>', 'put <instance>.out and <instance>.err here, too')
    .option('-q, --quiet', 'say only what did not succeed')
    .option('-v, --verbose', 'say more');
}
