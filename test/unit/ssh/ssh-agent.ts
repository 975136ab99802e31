import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempDir } from '../../helpers/temp-dir.ts';
import { waitFor } from '../../helpers/wait-for.ts';

/**
 * Starts an ssh-agent that holds the given keys and ends with the test.
 * @returns its socket
 */
export async function startAgent(...keys: readonly string[]): Promise<string> {
  const socket = join(tempDir(), 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(async () => {
    const ended = once(agent, 'exit');
    agent.kill();
    await ended;
  });
  await waitFor('the agent to listen', () => existsSync(socket));
  for (const key of keys)
    execFileSync('ssh-add', ['-q', key], { env: { SSH_AUTH_SOCK: socket, PATH: '/usr/bin:/bin' } });
  return socket;
}
