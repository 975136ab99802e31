import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSandbox } from '../../transport/ssh/sandbox/sandbox.ts';
import type { GlobalOptions } from '../context.ts';
import type { Io } from '../io.ts';
import { addInstances } from './add.ts';
import { uploadScript } from './upload-script.ts';

export interface DemoOptions extends GlobalOptions {
  readonly keep?: boolean;
}

const INSTANCES = 3;

/** `spot demo`: the real command on instances that live inside this process, and nothing left afterwards. */
export async function demo(options: DemoOptions, io: Io): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'spot-demo-'));
  const sandbox = await startSandbox({ count: INSTANCES, folder });
  try {
    const stateDir = join(folder, 'state');
    const inside = insideOf(io, folder, sandbox.privateKeyPath);
    const globals = { stateDir, color: options.color };
    for (const { name, user, address, port } of sandbox.instances) {
      await addInstances([`${user}@${address}:${port}`], { ...globals, name }, inside);
    }
    const example = fileURLToPath(new URL('../../examples/web', import.meta.url));
    io.stderr.write(`\n$ spot upload-script examples/web/deploy.sh --files examples/web/files\n`);
    const code = await uploadScript(
      join(example, 'deploy.sh'),
      [],
      { ...globals, files: join(example, 'files'), yes: true, cleanup: true },
      inside,
    );
    const ending = options.keep
      ? `Kept: ${folder}`
      : 'The sandbox is gone, and all of this with it; spot demo --keep leaves it.';
    io.stderr.write(`${ending}\n`);
    return code;
  } finally {
    await sandbox.close();
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** The same terminal, but nothing of the user's own configuration. */
function insideOf(io: Io, folder: string, privateKeyPath: string): Io {
  const { PATH, TERM, CI, NO_COLOR, FORCE_COLOR } = io.env;
  const env = { PATH, TERM, CI, NO_COLOR, FORCE_COLOR, SPOT_AWS_PRIVATE_SSH_KEY_PATH: privateKeyPath };
  return { ...io, stdin: io.stdin, user: io.user, cwd: folder, home: folder, env };
}
