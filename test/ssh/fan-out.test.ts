import { describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { clientOf, outputOf } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();

describe.skipIf(requireProgram('sshd') === null)('thirty instances at once', () => {
  test(
    'each have their own outcome, in the order of the plan, and a bad one holds nobody up',
    { timeout: 60_000 },
    async () => {
      // few daemons for many instances: what counts is the client
      const fleet = await hosts.startMany(4);
      const frozen = await hosts.start({ address: '127.0.0.9' });
      frozen.freeze();
      onTestFinished(() => frozen.thaw());
      const [first] = fleet;
      const client = clientOf([], { privateKeyPath: first?.identityFile ?? null });
      const names = Array.from({ length: 30 }, (_, index) => `i-${String(index).padStart(2, '0')}`);
      names.forEach((name, index) => {
        const { user, address, port } = index === 3 ? frozen : (fleet[index % fleet.length] ?? frozen);
        client.add(name, `${user}@${index === 7 ? '127.0.0.1:1' : `${address}:${port}`}`);
      });
      const run = await client.start({
        script: 'echo "$SPOT_INSTANCE_ID"; test "$SPOT_INSTANCE_ID" != i-11\n',
        limits: { connectTimeoutMs: 4000, concurrency: 10 },
      });
      const { attempts, counts, exitCode } = await run.result;
      expect(attempts.map(({ instanceId }) => instanceId)).toEqual(names);
      const others = attempts.filter(({ outcome }) => outcome.kind === 'succeeded' || outcome.kind === 'failed');
      expect(others.map((attempt) => outputOf(attempt))).toEqual(others.map(({ instanceId }) => `${instanceId}\n`));
      expect(attempts[3]?.outcome).toMatchObject({ kind: 'unreachable', error: { code: 'handshake-timeout' } });
      expect(attempts[7]?.outcome).toMatchObject({ kind: 'unreachable', error: { code: 'connection-refused' } });
      expect(attempts[11]?.outcome).toEqual({ kind: 'failed', exitCode: 1 });
      expect([counts.succeeded, counts.failed, counts.unreachable, exitCode]).toEqual([27, 1, 2, 6]);
      const finished = run.events.flatMap((event) =>
        event.type === 'attempt-finished' ? [event.result.instanceId] : [],
      );
      expect(finished.at(-1)).toBe('i-03');
      frozen.thaw();
    },
  );
});
