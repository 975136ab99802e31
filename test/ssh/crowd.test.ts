import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { specOf } from '../e2e/project.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { clientOf } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();

const CROWD = 500;

describe.skipIf(requireProgram('sshd') === null)('many instances behind one sshd', () => {
  test('that takes few logins at once all succeed, though it hangs up on some', { timeout: 180_000 }, async () => {
    // sshd's own default: from the tenth on it drops some, from the hundredth on all
    const host = await hosts.start({ maxStartups: '10:30:100' });
    const client = clientOf([], { privateKeyPath: host.identityFile });
    const names = Array.from({ length: CROWD }, (_, index) => `i-${String(index).padStart(3, '0')}`);
    for (const name of names) client.add(name, specOf(host));
    const { attempts, counts } = await client.run({
      script: 'echo "$SPOT_INSTANCE_ID" >>"$HOME/ran"\n',
      limits: { uploadTimeoutMs: 60_000 },
    });
    const others = attempts.filter(({ outcome }) => outcome.kind !== 'succeeded');
    expect(others.map(({ instanceId, outcome }) => ({ instanceId, outcome }))).toEqual([]);
    expect(counts.succeeded).toBe(CROWD);
    expect(readFileSync(join(host.home, 'ran'), 'utf8').trim().split('\n').sort()).toEqual(names);
    expect(host.log()).toMatch(/drop connection|past MaxStartups/);
  });
});
