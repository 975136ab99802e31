import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { faultsInTurn, startProxy } from '../helpers/proxy.ts';
import { requireProgram } from '../helpers/require.ts';
import { type SshdOptions, startSshd } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { pathInSearchPath } from '../unit/remote/shells.ts';
import { fetchJson, idleRunOn, moveRun, sha256 } from './fetching.ts';
import type { Project } from './project.ts';

leakCheck();

// Links are cut by a fin: a reset would take along what the client has not read yet, and nobody knows how much that is.

/** Bytes. */
const LARGE = 150_000_000;

/** A part of a script that lists this. */
function listing(...records: string[]): string {
  return [...records, 'done'].map((record) => `echo "$n ${record}"`).join('\n');
}

describe.skipIf(requireProgram('sshd') === null)('spot fetch', () => {
  let host: SshdHost;
  beforeAll(async () => {
    host = await startSshd();
  });
  afterAll(() => host.close());

  /** Moves a run to another host with the same keys. */
  async function moveTo(project: Project, options: SshdOptions): Promise<SshdHost> {
    const { identityFile, hostKeyFile } = host;
    const other = await startSshd({ identityFile, hostKeyFile, ...options });
    onTestFinished(() => other.close());
    moveRun(project, other);
    return other;
  }

  /** Answers on behalf of the first host, as it pleases. `$n` is the nonce. */
  async function impostor(project: Project, script: string): Promise<void> {
    const file = project.write('impostor.sh', `n=\${SSH_ORIGINAL_COMMAND##* }\necho "SPOT1 $n"\n${script}\n`);
    await moveTo(project, { forceCommand: `sh ${file}` });
  }

  test.each([
    ['..', '/b/../../../harm'],
    ['another place', '/etc/harm'],
    ['an empty name', '/b//harm'],
  ])('takes nothing from a host that sends a path with %s', async (_, path) => {
    const { project } = await idleRunOn(host);
    await impostor(project, listing('base /b', '81a4 5 /b/fine', `81a4 5 ${path}`));
    const document = await fetchJson(project, '~/**');
    expect(document).toMatchObject({
      exit_code: 4,
      instances: [{ outcome: 'rejected', error: { code: 'bad-path' }, files: [] }],
    });
    expect(existsSync(join(project.cwd, 'got'))).toBe(false);
    expect(existsSync(join(project.cwd, 'harm'))).toBe(false);
  });

  test('does not take what comes with another digest, nor more than was announced', async () => {
    const { project } = await idleRunOn(host);
    const list = listing('base /b', '81a4 5 /b/fine', '81a4 5 /b/wrong', '81a4 5 /b/more');
    const data = [
      `data ${sha256('hello')}\\nhello`,
      `data ${sha256('other')}\\nhello`,
      `data ${sha256('hello')}\\nhello, and more`,
    ];
    await impostor(
      project,
      `case $SSH_ORIGINAL_COMMAND in *eval*) ${list} ;; *) case $(cat) in *'bundle 15'*) echo apart ;; *) printf '${data.join('')}' ;; esac ;; esac`,
    );
    const document = await fetchJson(project, '~/**');
    expect(document).toMatchObject({
      exit_code: 2,
      instances: [
        {
          outcome: 'fetched',
          files: [{ path: 'fine' }, { path: 'more' }],
          refused: [{ path: 'wrong', code: 'digest-mismatch' }],
        },
      ],
    });
    expect(readdirSync(join(project.cwd, 'got/web-1'))).toEqual(['fine', 'more']);
    expect(project.read('got/web-1/more')).toBe('hello');
  });

  test('sees that a file is changed while it is sent', async () => {
    const { project } = await idleRunOn(host);
    const bin = join(project.home, 'bin');
    mkdirSync(bin);
    const original = pathInSearchPath('sha256sum');
    writeFileSync(join(bin, 'sha256sum'), `#!/bin/sh\n${original} "$@"\necho later >"$HOME/log"\n`, { mode: 0o755 });
    const other = await moveTo(project, { environment: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
    writeFileSync(join(other.home, 'log'), 'before, and longer\n');
    const document = await fetchJson(project, '~/log');
    expect(document).toMatchObject({
      exit_code: 2,
      instances: [{ outcome: 'fetched', files: [], refused: [{ path: 'log', code: 'digest-mismatch' }] }],
    });
    expect(existsSync(join(project.cwd, 'got'))).toBe(false);
  });

  test.each([
    ['says nothing', 'sleep 30', 'timed-out', 'silent'],
    ['hangs up', 'exit 3', 'rejected', 'no-answer'],
    ['talks without end', 'yes', 'rejected', 'no-answer'],
    ['answers nonsense', listing('nonsense'), 'rejected', 'no-answer'],
  ])('ends with a host that %s', async (_, command, outcome, code) => {
    const { project } = await idleRunOn(host);
    await impostor(project, command);
    const document = await fetchJson(project, '~/x', '--timeout', '1s');
    expect(document.instances).toMatchObject([{ outcome, error: { code } }]);
  });

  test('begins again where the link is cut, and sends no whole file twice', async () => {
    const { project, home } = await idleRunOn(host);
    mkdirSync(join(home, 'big'));
    const content = randomBytes(1_000_000);
    for (const name of ['1', '2', '3']) writeFileSync(join(home, 'big', name), content);
    const proxy = await startProxy(host, faultsInTurn({ kind: 'fin', direction: 'down', atByte: 2_500_000 }));
    moveRun(project, proxy);
    const document = await fetchJson(project, '~/big');
    expect(document).toMatchObject({ exit_code: 0, instances: [{ outcome: 'fetched', refused: [] }] });
    expect(document.instances[0]?.files.map(({ path, same }) => [path, same]).sort()).toEqual(
      ['1', '2', '3'].map((name) => [`big/${name}`, false]),
    );
    for (const name of ['1', '2', '3'])
      expect(readFileSync(join(project.cwd, 'got/web-1/big', name)).equals(content)).toBe(true);
    expect(proxy.links).toHaveLength(2);
    expect(proxy.links[1]?.passed.down).toBeLessThan(1_500_000);
  });

  test('leaves whole files and nothing else where the link is cut for good, or Ctrl-C comes', async () => {
    const { project, home } = await idleRunOn(host);
    mkdirSync(join(home, 'big'));
    for (const name of ['1', '2']) writeFileSync(join(home, 'big', name), randomBytes(1_000_000));
    const proxy = await startProxy(host, (connection) => ({
      kind: connection === 1 ? 'fin' : 'stall',
      direction: 'down',
      atByte: 1_500_000,
    }));
    moveRun(project, proxy);
    const cut = await fetchJson(project, '~/big', '--retries', '0');
    expect(cut).toMatchObject({
      exit_code: 4,
      instances: [{ outcome: 'unreachable', error: { code: 'link-lost' }, files: [{ same: false }] }],
    });
    const [whole] = readdirSync(join(project.cwd, 'got/web-1/big'));
    expect(readdirSync(join(project.cwd, 'got'))).toEqual(['web-1']);
    const running = project.start(['fetch', 'last', '~/big', '--to', 'got2']);
    await waitFor('the stall', () => proxy.links[1]?.broken === 'stall');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.result;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/^web-1 {2}cancelled: cancelled by Ctrl-C \(after 1 file\)$/m);
    expect(readdirSync(join(project.cwd, 'got2'), { recursive: true })).toEqual([
      'web-1',
      'web-1/big',
      `web-1/big/${whole}`,
    ]);
  });

  test('needs no more memory for a large file than for a small one', async () => {
    const { project, home } = await idleRunOn(host);
    writeFileSync(join(home, 'small'), 'x');
    writeFileSync(join(home, 'large'), Buffer.alloc(LARGE, randomBytes(65_537)));
    const small = await peakOf(project, '~/small');
    const large = await peakOf(project, '~/large');
    expect(sha256(readFileSync(join(project.cwd, 'got/web-1/large')))).toBe(sha256(readFileSync(join(home, 'large'))));
    expect(large - small).toBeLessThan(LARGE / 2);
  });

  /** Bytes of memory that a fetch had at most. */
  async function peakOf(project: Project, pattern: string): Promise<number> {
    const running = project.start(['fetch', 'last', pattern, '--to', 'got']);
    let peak = 0;
    const timer = setInterval(() => {
      try {
        const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${running.pid}/status`, 'utf8')) ?? [];
        peak = Math.max(peak, Number(kilobytes ?? 0) * 1024);
      } catch {
        // it has just ended
      }
    }, 5);
    const { exitCode } = await running.result;
    clearInterval(timer);
    expect(exitCode).toBe(0);
    return peak;
  }
});
