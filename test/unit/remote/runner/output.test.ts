import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../../helpers/leaks.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { runToEnd } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** What a script that only copies files to its outputs has said. */
async function say(stdout: Buffer, stderr: Buffer): Promise<Record<string, { stdout: boolean; stderr: boolean }>> {
  const files = join(tempDir(), 'files');
  mkdirSync(files);
  writeFileSync(join(files, 'out'), stdout);
  writeFileSync(join(files, 'err'), stderr);
  const script = 'cat "$DEPLOY_FILES_DIR/out"; cat "$DEPLOY_FILES_DIR/err" >&2\n';
  return shells.onEach(async (surroundings) => {
    const ended = await runToEnd({ script, files }, surroundings);
    return { stdout: ended.stdout.equals(stdout), stderr: ended.stderr.equals(stderr) };
  });
}

describe.skipIf(shells.areMissing)("a script's stdout and stderr arrive apart and byte by byte", () => {
  test.each([
    ['nothing at all', '', ''],
    ['one byte without a newline', 'x', ''],
    ['words of the protocol', 'end\nresult exit 0\ncleaned\n', 'fail gone\nout 0 5\n'],
    ['newlines alone', '\n\n\n', '\n'],
  ])('%s', async (_, stdout, stderr) => {
    expect(await say(Buffer.from(stdout), Buffer.from(stderr))).toEqual(shells.each({ stdout: true, stderr: true }));
  });

  test('all bytes there are, and a line of a million of them', async () => {
    const line = Buffer.concat([Buffer.alloc(1_000_000, 'x'), Buffer.from('\nno newline here')]);
    expect(await say(line, randomBytes(300_000))).toEqual(shells.each({ stdout: true, stderr: true }));
  });

  test('what comes while it runs, as it comes', async () => {
    const script = 'for i in 1 2 3 4 5 6; do echo "$i"; echo "e$i" >&2; sleep 0.05; done\n';
    const said = await shells.onEach(async (surroundings) => {
      const { stdout, stderr } = await runToEnd({ script }, surroundings);
      return [stdout.toString(), stderr.toString()];
    });
    expect(said).toEqual(shells.each(['1\n2\n3\n4\n5\n6\n', 'e1\ne2\ne3\ne4\ne5\ne6\n']));
  });
});
