import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConsoleKeys } from '../../src/transport/ssh/console-keys.ts';
import { describeKey } from '../../src/transport/ssh/fingerprint.ts';
import type { ExpectedKeys, KeySource } from '../../src/transport/ssh/key-source.ts';
import { cloudInitConsole } from '../helpers/ec2/console.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { makeKey, publicKeyOf } from '../unit/ssh/keys.ts';
import { clientOf } from './client.ts';
import { useHosts } from './hosts.ts';

leakCheck();
const hosts = useHosts();

/** Answers in turn, the last one again and again; a test asks what it was asked. */
class Consoles implements KeySource {
  readonly asked: string[] = [];
  closed = false;
  readonly #answers: (ExpectedKeys | Promise<ExpectedKeys>)[];

  constructor(...answers: (ExpectedKeys | Promise<ExpectedKeys>)[]) {
    this.#answers = answers;
  }

  async expected(instanceId: string): Promise<ExpectedKeys> {
    this.asked.push(instanceId);
    const [answer = { kind: 'no-source' as const }] = this.#answers;
    if (this.#answers.length > 1) void this.#answers.shift();
    return answer;
  }

  close(): void {
    this.closed = true;
  }
}

const showing = (...keys: string[]): ExpectedKeys => ({ kind: 'keys', keys: readConsoleKeys(cloudInitConsole(keys)) });
const otherKey = (): string => makeKeyPair(join(tempDir(), 'other')).publicKey;

describe.skipIf(requireProgram('sshd') === null)('the host key of a new instance', () => {
  test.each(['console', 'accept-new'] as const)('is taken where its console shows it (%s)', async (hostKeys) => {
    const host = await hosts.start();
    const keySource = new Consoles(showing(otherKey(), host.hostKey));
    const client = clientOf([host], { hostKeys, keySource });
    expect((await client.runOne()).outcome).toEqual({ kind: 'succeeded' });
    expect(client.state.instances.find('i-1')?.hostKey).toBe(host.hostKey);
    expect((await client.runOne()).outcome).toEqual({ kind: 'succeeded' });
    expect([keySource.asked, keySource.closed]).toEqual([['i-1'], true]);
  });

  test.each(['console', 'accept-new'] as const)('is refused where its console shows others (%s)', async (hostKeys) => {
    const host = await hosts.start();
    const client = clientOf([host], { hostKeys, keySource: new Consoles(showing(otherKey())) });
    const message =
      `i-1 (127.0.0.1) shows the host key ${describeKey(host.hostKey)}, and the console of i-1 has others; ` +
      'do not use it until you know why';
    expect((await client.runOne()).outcome).toEqual({
      kind: 'rejected',
      error: { code: 'host-key-unexpected', message },
    });
    expect(host.log()).not.toContain('Accepted');
    expect(client.state.instances.find('i-1')?.hostKey).toBeNull();
  });

  test('is refused as long as its console shows none, and nothing is waited for without --wait-ready', async () => {
    const host = await hosts.start();
    const keySource = new Consoles({ kind: 'nothing-yet' });
    const { outcome } = await clientOf([host], { hostKeys: 'console', keySource }).runOne({ plan: { retries: 5 } });
    expect(outcome).toMatchObject({ kind: 'rejected', error: { code: 'host-key-unproven' } });
    expect(keySource.asked).toHaveLength(1);
  });

  test('is waited for on its console with --wait-ready', async () => {
    const host = await hosts.start();
    const failed = { kind: 'failed', reason: 'throttled', mayPass: true } as const;
    const keySource = new Consoles({ kind: 'nothing-yet' }, failed, showing(host.hostKey));
    const client = clientOf([host], { hostKeys: 'console', keySource });
    expect((await client.runOne({ plan: { readyTimeoutMs: 20_000 } })).outcome).toEqual({ kind: 'succeeded' });
    expect(keySource.asked).toHaveLength(3);
  });

  test.each([
    ['shows none in time', { kind: 'nothing-yet' } as const, 'host-key-unproven'],
    ['may not be read', { kind: 'failed', reason: 'not allowed', mayPass: false } as const, 'console-unreadable'],
  ])('is refused where its console %s', async (_, answer, code) => {
    const host = await hosts.start();
    const client = clientOf([host], { hostKeys: 'console', keySource: new Consoles(answer) });
    const { outcome } = await client.runOne({ plan: { readyTimeoutMs: 1500 } });
    expect(outcome).toMatchObject({ kind: 'rejected', error: { code } });
  });

  test('is the one of its keys that the console shows', async () => {
    const rsa = join(tempDir(), 'rsa');
    makeKey(rsa, '-t', 'rsa');
    const host = await hosts.start({ config: [`HostKey ${rsa}`] });
    const client = clientOf([host], { hostKeys: 'console', keySource: new Consoles(showing(publicKeyOf(rsa))) });
    expect((await client.runOne()).outcome).toEqual({ kind: 'succeeded' });
    expect(client.state.instances.find('i-1')?.hostKey).toBe(publicKeyOf(rsa));
  });

  test('is taken under accept-new where its console does not answer soon', async () => {
    const host = await hosts.start();
    const keySource = new Consoles(new Promise<never>(() => undefined));
    const { outcome, steps } = await clientOf([host], { keySource }).runOne();
    expect(outcome).toEqual({ kind: 'succeeded' });
    expect(steps[0]?.ms).toBeGreaterThan(2900);
  });

  test('holds nobody else up while its console is asked', async () => {
    const [slow, quick] = await hosts.startMany(2);
    if (slow === undefined || quick === undefined) throw new Error('two hosts are needed');
    let answer: (keys: ExpectedKeys) => void = () => undefined;
    const later = new Promise<ExpectedKeys>((resolve) => (answer = resolve));
    const keySource = new Consoles(later, showing(quick.hostKey));
    const client = clientOf([slow, quick], { hostKeys: 'console', keySource });
    const run = await client.start();
    await run.saw('the other', (event) => event.type === 'attempt-finished' && event.result.instanceId === 'i-2');
    answer(showing(slow.hostKey));
    expect((await run.result).counts.succeeded).toBe(2);
  });
});
