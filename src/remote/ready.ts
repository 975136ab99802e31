import { shellCommand } from '../util/shell-quote.ts';
import ready from './ready/ready.sh';
import { compact } from './runner.ts';

/**
 * What apt and dpkg lock, with locks of the whole file (fcntl): apt-get and unattended-upgrades hold the first as long as
 * they work, dpkg the second while it installs, `apt-get update` the third, downloads the last. dnf and yum wait for each
 * other by themselves.
 */
export const PACKAGE_LOCKS: readonly string[] = [
  '/var/lib/dpkg/lock-frontend',
  '/var/lib/dpkg/lock',
  '/var/lib/apt/lists/lock',
  '/var/cache/apt/archives/lock',
];

const PROGRAM = compact([ready]);

/**
 * Waits until an instance is ready; see ready.sh for what it says.
 * @param seconds it gives up by itself after about so long, whatever becomes of its client
 */
export function readyProgram(seconds: number, locks = PACKAGE_LOCKS): string {
  return `${PROGRAM}ready ${shellCommand([String(seconds), ...locks])}\n`;
}

/** A word of the program. */
export type ReadyWord =
  | { readonly type: 'step'; readonly step: 'locks' | 'disk' }
  | { readonly type: 'wait' | 'note'; readonly text: string }
  | { readonly type: 'room'; readonly bytes: number }
  | { readonly type: 'ready' };

/** @throws Error for a line that is none of its words */
export function readReadyWord(line: string): ReadyWord {
  const [verb = '', ...rest] = line.split(' ');
  const text = rest.join(' ');
  switch (verb) {
    case 'locks':
    case 'disk':
      return { type: 'step', step: verb };
    case 'wait':
    case 'note':
      return { type: verb, text };
    case 'room':
      if (/^\d+$/.test(text)) return { type: 'room', bytes: Number(text) * 1024 };
      break;
    case 'ready':
      return { type: 'ready' };
  }
  throw new Error(`the instance said "${line}"`);
}
