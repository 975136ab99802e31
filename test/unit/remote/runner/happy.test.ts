import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../../helpers/leaks.ts';
import { runToEnd } from '../local-run.ts';
import { isThere, searchPathOf, SHELLS } from '../shells.ts';

leakCheck();

describe.each(SHELLS)('with $name the runner', (shell) => {
  const searchPath = searchPathOf(shell);
  test.skipIf(!isThere(shell))('runs', async () => {
    const { verdict, stdout, stderr } = await runToEnd({ script: 'echo out; echo err >&2; exit 3\n' }, { searchPath: searchPath() });
    expect({ verdict, out: stdout.toString(), err: stderr.toString() }).toEqual({ verdict: { kind: 'exit', code: 3 }, out: 'out\n', err: 'err\n' });
  });
  test.skipIf(!isThere(shell)).each(['KILL', 'TERM', 'SEGV', 'HUP', 'ABRT', 'INT', 'PIPE', 'QUIT', 'USR1'])('%s', async (sig) => {
    const { verdict} = await runToEnd({ script: `kill -${sig} $$; sleep 1; exit 5\n` }, { searchPath: searchPath() });
    console.log(shell.name, sig, JSON.stringify(verdict));
  });
});
