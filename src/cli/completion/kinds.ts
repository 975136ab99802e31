import { SCHEMA } from '../../config/schema.ts';
import { INSTANCE_STATES } from '../../model/instance.ts';

/** What may stand in a place of the command line; files and folders are the shell's own business. */
export type Kind =
  | 'instances'
  | 'members'
  | 'runs'
  | 'open-runs'
  | 'payloads'
  | 'payload-names'
  | 'scripts'
  | 'tags'
  | 'tokens'
  | 'files'
  | 'folders'
  | 'nothing'
  | readonly string[];

/** By the name of an argument, or of the value of a flag, as the help shows it. */
export const KINDS: Readonly<Record<string, Kind>> = {
  words: 'instances',
  instances: 'instances',
  instance: 'instances',
  other: 'instances',
  run: 'runs',
  payload: 'payloads',
  payloads: 'payloads',
  names: 'payload-names',
  script: 'scripts',
  args: 'files',
  file: 'files',
  'url|socket': 'files',
  dir: 'folders',
  'key=value': 'tags',
  key: Object.keys(SCHEMA),
  state: INSTANCE_STATES,
  action: ['forget'],
  ...Object.fromEntries(
    [
      ...['KEY=VALUE', 'address', 'count', 'dollars', 'group', 'host', 'hosts', 'id', 'image', 'name', 'path'],
      ...[
        'pattern',
        'port',
        'region',
        'size',
        'sizes',
        'subnet',
        'time',
        'type',
        'user',
        'word',
        'more',
        'command',
        'limit',
      ],
    ].map((name) => [name, 'nothing' as const]),
  ),
};

/** Where the name alone does not tell: `<command> <name>`. */
export const KINDS_OF_COMMANDS: Readonly<Record<string, Kind>> = {
  'attach run': 'open-runs',
  'stop instances': 'members',
  'show instance': 'members',
  'logs instance': 'members',
  'diff instance': 'members',
  'diff other': 'members',
  'payload add name': 'payload-names',
  'payload add script': 'files',
  'token revoke name': 'tokens',
};
