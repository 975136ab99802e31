import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
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
  const env = { SSH_AUTH_SOCK: socket, PATH: '/usr/bin:/bin' };
  // the socket is there before somebody listens; ssh-add ends with 2 where it reaches no agent
  await waitFor('the agent to listen', () => spawnSync('ssh-add', ['-l'], { env }).status !== 2);
  for (const key of keys) execFileSync('ssh-add', ['-q', key], { env });
  return socket;
}
