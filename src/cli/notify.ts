import { execFile } from 'node:child_process';
import type { RunResult } from '../model/attempt.ts';
import { OUTCOME_KINDS } from '../model/outcome.ts';
import { harmless } from '../report/text.ts';
import { countWords } from '../report/words.ts';
import { formatDuration, plural } from '../util/format.ts';
import type { Io } from './io.ts';

/** A desktop that does not answer does not hold up the prompt, ms. */
const PATIENCE_MS = 2000;
const BEL = '\u0007';

/** What a terminal understands as a message to the desktop: by `TERM_PROGRAM`, or by the beginning of `TERM`. */
const TERMINALS: readonly (readonly [name: string, sequence: (title: string, body: string) => string])[] = [
  ['iTerm.app', osc9],
  ['WezTerm', osc9],
  ['ghostty', osc9],
  ['xterm-ghostty', osc9],
  ['xterm-kitty', osc9],
  ['foot', osc777],
  ['rxvt-unicode', osc777],
];

type Surroundings = Pick<Io, 'env' | 'stderr'>;

/**
 * Tells whoever has looked away that a run is over: the bell of the terminal, and a message on the desktop, by the
 * program `notify-send` or by the terminal itself. Where there is neither, that is all right.
 */
export async function notify(label: string, result: RunResult, io: Surroundings): Promise<void> {
  const { title, body } = messageOf(label, result);
  const isTerminal = io.stderr.isTTY === true;
  if (isTerminal) io.stderr.write(BEL);
  const isShown = hasDesktop(io.env) && (await notifySend(title, body, result.exitCode !== 0, io.env));
  if (!isShown && isTerminal) io.stderr.write(sequenceFor(title, body, io.env));
}

function messageOf(label: string, { counts, attempts, running, durationMs }: RunResult) {
  const others = countWords(
    counts,
    OUTCOME_KINDS.filter((kind) => kind !== 'succeeded'),
  );
  const left = running.length === 0 ? [] : [`${running.length} left running`];
  const total = plural(attempts.length + running.length, 'instance');
  return {
    title: harmless(`spot: ${counts.succeeded} of ${total} succeeded`),
    body: harmless([`${label} in ${formatDuration(durationMs)}`, ...others, ...left].join(', ')),
  };
}

function hasDesktop(env: Io['env']): boolean {
  return Boolean(env['DISPLAY']) || Boolean(env['WAYLAND_DISPLAY']);
}

/** @returns whether it was shown */
function notifySend(title: string, body: string, isUrgent: boolean, env: Io['env']): Promise<boolean> {
  const args = ['--app-name=spot', `--urgency=${isUrgent ? 'critical' : 'normal'}`, '--', title, body];
  return new Promise((resolve) => {
    execFile('notify-send', args, { env, timeout: PATIENCE_MS }, (error) => resolve(error === null));
  });
}

/** Within tmux and screen the terminal is not the one that is asked. */
function sequenceFor(title: string, body: string, env: Io['env']): string {
  if (env['TMUX'] || env['STY']) return '';
  const { TERM_PROGRAM = '', TERM = '' } = env;
  const known = TERMINALS.find(([name]) => TERM_PROGRAM === name || TERM.startsWith(name));
  return known === undefined ? '' : known[1](title, body);
}

function osc9(title: string, body: string): string {
  return `\u001B]9;${title}: ${body}${BEL}`;
}

/** A semicolon would end the title. */
function osc777(title: string, body: string): string {
  return `\u001B]777;notify;${title.replaceAll(';', ',')};${body.replaceAll(';', ',')}${BEL}`;
}
