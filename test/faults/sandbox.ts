import { onTestFinished } from 'vitest';
import {
  type Sandbox,
  type SandboxInstance,
  type SandboxOptions,
  startSandbox,
} from '../../src/transport/ssh/sandbox/sandbox.ts';
import { LEAK_MARK, leakMark } from '../helpers/leak-mark.ts';
import { removeDeployFolders } from '../helpers/leaks.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** Instances that live as long as the test; what they start carries the mark of the leak check. */
export async function sandboxOf(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({
    count: 1,
    folder: tempDir(),
    ...options,
    env: { [LEAK_MARK]: leakMark(), ...options.env },
  });
  onTestFinished(async () => {
    await sandbox.close();
    removeDeployFolders();
  });
  return sandbox;
}

/** The first instance, for tests of one. */
export function onlyOf({ instances: [first] }: Sandbox): SandboxInstance {
  if (first === undefined) throw new Error('the sandbox is empty');
  return first;
}
