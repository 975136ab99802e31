import type { Project } from '../../e2e/project.ts';
import type { Random } from './random.ts';

/** Something that a user does, to be killed in the middle of it. */
export interface CrashCommand {
  /** how often it comes, compared with the others */
  readonly weight: number;
  /** Makes what it needs in the project. @returns the words behind `spot` */
  readonly prepare: (random: Random, project: Project) => readonly string[];
}

/** There is one in every round: most of the others have nothing to do without. */
export const UPLOAD: CrashCommand = { weight: 3, prepare: uploadScript };

/** All that is killed. A new command gets a line here; what must hold after it, a line in `CHECKS` (check.ts). */
export const COMMANDS: readonly CrashCommand[] = [
  UPLOAD,
  { weight: 3, prepare: () => ['attach', '--quiet'] },
  { weight: 1, prepare: () => ['stop', 'last', '--quiet'] },
  { weight: 1, prepare: () => ['fetch', 'last', 'result', '--quiet'] },
  { weight: 2, prepare: addPayload },
  { weight: 1, prepare: (random) => ['set', 'web-1', '--tag', `round=${random.between(1, 9)}`] },
  { weight: 1, prepare: () => ['list', '--json'] },
];

export function pickCommand(random: Random): CrashCommand {
  return random.pick(COMMANDS.flatMap((command) => Array.from({ length: command.weight }, () => command)));
}

/** Numbers that each script says on stdout, one a line. */
export const SAID = 20_000;
/** What each script leaves as `result` in its files folder, at once. */
export const RESULT = numbers(30_000);
/** Where a script leaves a line when it is started, in the home of its instance. */
export const TRACE = 'trace-';

export function numbers(to: number): string {
  return Array.from({ length: to }, (_, index) => `${index + 1}\n`).join('');
}

/** Often a new version; of a large one the archive is being written when the signal comes. */
function addPayload(random: Random, project: Project): readonly string[] {
  project.write('added.sh', `echo ${random.between(1, 9)}\n`);
  project.write('more/large', Buffer.alloc(random.pick([10, 4_000_000]), random.between(0, 255)));
  return ['payload', 'add', 'added', 'added.sh', '--files', 'more'];
}

function uploadScript(random: Random, project: Project): readonly string[] {
  const number = random.between(1, 4);
  const ending = random.pick(['exit 0', 'exit 0', 'exit 0', 'exit 3', 'kill -9 $$', 'sleep 60']);
  const lines = [
    '#!/bin/sh',
    `echo started >>"$HOME/${TRACE}$SPOT_RUN_ID"`,
    'seq 1 30000 >"$DEPLOY_FILES_DIR/.new" && mv "$DEPLOY_FILES_DIR/.new" "$DEPLOY_FILES_DIR/result"',
    `seq 1 ${SAID / 2}`,
    `sleep 0.${random.between(0, 9)}`,
    `seq ${SAID / 2 + 1} ${SAID}`,
    ending,
  ];
  project.write(`script-${number}.sh`, lines.join('\n'));
  // often another archive, so that one is being packed when the signal comes
  project.write('files/large', Buffer.alloc(random.pick([10, 4_000_000]), random.between(0, 255)));
  return [
    ...['upload-script', `script-${number}.sh`, '--yes', '--quiet', '--timeout', '5s'],
    ...random.pick([[], [], ['--cleanup']]),
    ...random.pick([[], [], ['--detach'], ['--on-disconnect', 'kill']]),
    ...random.pick([[], [], ['-f', '1'], ['-l', 'web-1,web-2']]),
  ];
}
