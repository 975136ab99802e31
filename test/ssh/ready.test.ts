import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { PACKAGE_LOCKS } from '../../src/remote/ready.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { holdLock } from '../unit/remote/ready-host.ts';
import { clientOf } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();
const isMissing = requireProgram('sshd') === null;

const waitsOf = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'waiting' ? [event.message] : []));

/** The first lock of dpkg that is there and may be taken: that is up to the account of the tests. */
const dpkgLock = process.getuid?.() === 0 ? (PACKAGE_LOCKS[0] ?? null) : null;

describe.skipIf(isMissing)('an instance that starts', () => {
  test('is waited for until cloud-init has put the key there', async () => {
    const keys = join(tempDir(), 'authorized_keys');
    writeFileSync(keys, '');
    const host = await hosts.start({ config: [`AuthorizedKeysFile ${keys}`] });
    const onEvent = ({ type }: RunEvent): void => {
      if (type === 'waiting') writeFileSync(keys, readFileSync(`${host.identityFile}.pub`));
    };
    const run = await clientOf([host]).start({ plan: { readyTimeoutMs: 20_000 }, onEvent });
    expect((await run.result).counts.succeeded).toBe(1);
    expect(waitsOf(run.events)).toEqual([expect.stringContaining(`does not let ${host.user} in with any of the keys`)]);
  });

  test.skipIf(dpkgLock === null || requireProgram('python3') === null)(
    'is waited for while dpkg is at work, and who that is is told',
    async () => {
      const host = await hosts.start({ shell: 'dash' });
      const { pid, release } = await holdLock(dpkgLock as string);
      const onEvent = ({ type }: RunEvent): void => {
        if (type === 'waiting') void release();
      };
      const run = await clientOf([host]).start({ plan: { readyTimeoutMs: 20_000 }, onEvent });
      const [attempt] = (await run.result).attempts;
      expect(attempt).toMatchObject({ outcome: { kind: 'succeeded' }, evidence: [] });
      expect(waitsOf(run.events)).toEqual([`python3 (pid ${pid}) holds ${dpkgLock}`]);
    },
  );

  test.each(['login', 'busybox'] as const)('is ready at once where nothing is to be waited for (%s)', async (shell) => {
    const host = await hosts.start({ shell });
    const run = await clientOf([host]).start({ script: '#!/bin/sh\n', plan: { readyTimeoutMs: 20_000 } });
    const [attempt] = (await run.result).attempts;
    expect(attempt?.steps.slice(0, 5).map(({ name }) => name)).toEqual(['connect', 'boot', 'locks', 'disk', 'upload']);
    expect([attempt?.outcome.kind, waitsOf(run.events)]).toEqual(['succeeded', []]);
    expect(host.log().match(/Accepted publickey/g)).toHaveLength(1);
  });

  test('whose client goes keeps nothing waiting', async () => {
    const bin = tempDir();
    const waits = '#!/bin/sh\n[ "$2" != --wait ] || exec sleep 309\necho "status: running"\n';
    writeFileSync(join(bin, 'cloud-init'), waits, { mode: 0o755 });
    const host = await hosts.start({ environment: { PATH: `${bin}:${process.env['PATH']}` } });
    const run = await clientOf([host]).start({ plan: { readyTimeoutMs: 20_000 } });
    await run.saw('the boot', ({ type }) => type === 'waiting');
    run.cancel('test');
    expect((await run.result).counts.cancelled).toBe(1);
  });
});
