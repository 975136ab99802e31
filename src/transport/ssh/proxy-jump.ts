import type { Host } from '../../model/plan.ts';
import { lineError, type ConfigLine } from './ssh-config-line.ts';

/**
 * The machines of a ProxyJump line, `[user@]host[:port]` or `ssh://[user@]host[:port]` with commas between, in the
 * order in which they are connected.
 * @throws SpotError (exit 78) for anything else
 */
export function parseJumps({ words, origin }: ConfigLine): [Host, ...Host[]] {
  const [first, ...rest] = words[0].split(',').map((text) => {
    const host = parseJump(text);
    if (host === null) throw lineError(origin, `"${text}" is not a jump host; one is written [user@]host[:port]`);
    return host;
  });
  return [first as Host, ...rest];
}

function parseJump(text: string): Host | null {
  const match = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@[\]/]+))(?::(\d+))?\/?$/.exec(text);
  if (match === null) return null;
  const [, user, bracketed, plain, digits] = match;
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  return { user: user ?? null, address: (bracketed ?? plain) as string, port };
}
