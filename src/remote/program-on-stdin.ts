import { shellCommand } from '../util/shell-quote.ts';

/**
 * The command line that runs a program which comes on stdin as a whole, behind whatever a login shell says first. In no
 * word is there anything that csh would read.
 */
export function programOnStdin(nonce: string): string {
  return shellCommand(['sh', '-c', 'echo "SPOT1 $1"; p=$(cat); eval "$p"', 'spot', nonce]);
}
