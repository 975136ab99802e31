import { Option } from 'commander';
import { INTERPRETERS } from '../../model/payload.ts';
import type { PayloadAddOptions } from '../commands/payload/add.ts';
import type { PayloadListOptions } from '../commands/payload/list.ts';
import type { PayloadPruneOptions } from '../commands/payload/prune.ts';
import type { PayloadRemoveOptions } from '../commands/payload/remove.ts';
import type { PayloadShowOptions } from '../commands/payload/show.ts';
import type { PayloadVerifyOptions } from '../commands/payload/verify.ts';
import type { GlobalOptions } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import { collect, type Registrar } from './registrar.ts';

/** `spot payload add | list | show | verify | activate | prune | remove` */
export function registerPayloads(registrar: Registrar): void {
  const command = registrar.group(
    'payload',
    'named payloads, each in versions; see: spot payload --help',
    EXAMPLES.payload,
  );
  registerAdd(command, registrar);
  registerLooking(command, registrar);
  registerChanging(command, registrar);
}

function registerAdd(command: Registrar['command'], { finish, io }: Registrar): void {
  command('add <name> <script>', 'pack a script and its files as a new version')
    .option('--files <dir>', 'folder that goes along, found as $DEPLOY_FILES_DIR (default: ./files if it exists)')
    .option('--no-files', 'no files go along')
    .option(
      '-e, --env <KEY=VALUE>',
      'environment of the script, kept in the payload: no place for secrets; may be repeated',
      collect,
    )
    .option('--env-file <file>', 'the same, one KEY=VALUE a line; may be repeated', collect)
    .addOption(
      new Option('--interpreter <name>', 'what runs the script (default: what its first line says)').choices(
        Object.keys(INTERPRETERS),
      ),
    )
    .option('--json', 'the version as one document')
    .addHelpText('after', EXAMPLES.payloadAdd)
    .action((name: string, script: string, options: PayloadAddOptions) =>
      finish(import('../commands/payload/all.ts').then(({ addPayload }) => addPayload(name, script, options, io))),
    );
}

function registerLooking(command: Registrar['command'], { finish, io }: Registrar): void {
  command('list [names...]', 'list the versions')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.payloadList)
    .action((names: string[], options: PayloadListOptions) =>
      finish(import('../commands/payload/all.ts').then(({ listPayloads }) => listPayloads(names, options, io))),
    );
  command('show <payload>', 'say what a version consists of: name or name@version')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.payloadShow)
    .action((word: string, options: PayloadShowOptions) =>
      finish(import('../commands/payload/all.ts').then(({ showPayload }) => showPayload(word, options, io))),
    );
  command('verify [payloads...]', 'compare archives with the registry, and all in them with their manifests')
    .option('--json', 'as one document')
    .addHelpText('after', EXAMPLES.payloadVerify)
    .action((words: string[], options: PayloadVerifyOptions) =>
      finish(import('../commands/payload/all.ts').then(({ verifyPayloads }) => verifyPayloads(words, options, io))),
    );
}

function registerChanging(command: Registrar['command'], { finish, io }: Registrar): void {
  command('activate <payload>', 'make name@version the one that the name alone means')
    .addHelpText('after', EXAMPLES.payloadActivate)
    .action((word: string, options: GlobalOptions) =>
      finish(import('../commands/payload/all.ts').then(({ activatePayload }) => activatePayload(word, options, io))),
    );
  command('prune [names...]', 'forget old versions, never the active one or one that a run needs')
    .option('--keep <count>', 'versions that stay of each name, the active one counted (default: 5)')
    .addHelpText('after', EXAMPLES.payloadPrune)
    .action((names: string[], options: PayloadPruneOptions) =>
      finish(import('../commands/payload/all.ts').then(({ prunePayloads }) => prunePayloads(names, options, io))),
    );
  command('remove <payload>', 'forget name@version, or all versions of a name')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLES.payloadRemove)
    .action((word: string, options: PayloadRemoveOptions) =>
      finish(import('../commands/payload/all.ts').then(({ removePayload }) => removePayload(word, options, io))),
    );
}
