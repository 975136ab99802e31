/** How an example of a help is executed: each one has to have a way. */
export type Rule =
  /** as it stands, and it succeeds */
  | 'run'
  /** with `--dry-run`, and it succeeds */
  | 'plan'
  /** it would connect, or serve: with a state folder that cannot be used, it has read its words when it says so */
  | 'up-to-state'
  /** by a test of its own, which the comment names */
  | 'elsewhere';

/** By command; a new command needs a line here. */
export const RULES: Readonly<Record<string, Rule>> = {
  init: 'run',
  config: 'run',
  'upload-script': 'plan',
  create: 'up-to-state',
  'payload add': 'run',
  'payload list': 'run',
  'payload show': 'run',
  'payload verify': 'run',
  'payload activate': 'run',
  'payload prune': 'run',
  'payload remove': 'run',
  watch: 'up-to-state',
  attach: 'up-to-state',
  stop: 'up-to-state',
  fetch: 'up-to-state',
  runs: 'run',
  show: 'up-to-state',
  logs: 'up-to-state',
  rerun: 'up-to-state',
  diff: 'up-to-state',
  add: 'run',
  list: 'run',
  remove: 'run',
  set: 'run',
  export: 'run',
  sync: 'up-to-state',
  destroy: 'up-to-state',
  'host-key': 'run',
  doctor: 'up-to-state',
  // help.test.ts
  demo: 'elsewhere',
  serve: 'up-to-state',
  'token create': 'run',
  'token list': 'run',
  'token revoke': 'run',
  ui: 'up-to-state',
  worker: 'up-to-state',
  completion: 'run',
};

/** Lines that end in another way than their command does, with the exit code and what they say then. */
export const EXCEPTIONS: readonly (readonly [line: RegExp, exitCode: number, says: RegExp])[] = [
  // nobody serves here, and a service plans by itself
  [/^spot upload-script .* --via /, 69, /service/],
  [/^spot worker --config \/etc\//, 78, /\/etc\/spot\/config\.yaml/],
  // nobody can be asked, and what was written before stays
  [/^spot init$/, 64, /terminal/],
  // it looks at everything else all the same, and there is no key
  [/^spot doctor web/, 69, /no state that could know/],
  [/^spot doctor/, 78, /(?:)/],
  [/^SPOT_DATABASE=/, 78, /database|state folder/],
];

/** An example as it stands in a help. */
export interface Example {
  /** of the help: `payload add`, or empty for that of spot */
  readonly help: string;
  /** without what is said about it */
  readonly line: string;
}

/** Lines below `Examples:`, up to the next blank one. */
export function examplesOf(help: string, stdout: string): Example[] {
  const [, block = ''] = /\nExamples:\n([^]*?)(?:\n\n|$)/.exec(stdout) ?? [];
  return block
    .split('\n')
    .filter((line) => line.startsWith('  '))
    .map((line) => ({ help, line: line.trim().split(/ {2,}/)[0] ?? '' }));
}

/** The command of a line of the shell; null where it is another program. */
export function commandOf(line: string): string | null {
  const [, words = ''] = /^(?:\S+=\S+ )?(?:source <\()?spot (.*)$/.exec(line) ?? [];
  if (words === '') return null;
  const [first = '', second = ''] = words.split(' ');
  return ['payload', 'token'].includes(first) && /^[a-z]/.test(second) ? `${first} ${second}` : first;
}
