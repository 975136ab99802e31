import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { makeKeyPair } from '../helpers/keys.ts';
import { type Proxy, startProxy } from '../helpers/proxy.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { Client, only, Witness } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

/** A host behind a proxy, and a client for it. */
async function hostWithClient(keyFile: string | null = null): Promise<{ proxy: Proxy; user: string; client: Client }> {
  const sandbox = await sandboxOf();
  const { user, ...host } = onlyOf(sandbox);
  return { proxy: await startProxy(host), user, client: new Client(keyFile ?? sandbox.privateKeyPath) };
}

async function planOn({ proxy, user, client }: Awaited<ReturnType<typeof hostWithClient>>, retries: number) {
  const { address, port } = proxy;
  return client.plan('echo done\n', { 'web-1': { user, address, port } }, { retries });
}

function sentenceOf({ outcome }: AttemptResult): string {
  return 'error' in outcome ? `${outcome.kind}: ${outcome.error.message}` : outcome.kind;
}

test('a host that refuses twice and then accepts succeeds, and each try is told', async () => {
  const scene = await hostWithClient();
  const { proxy, client } = scene;
  proxy.refuse();
  const witness: Witness = new Witness((event) => {
    if (event.type === 'notice' && witness.notices.length === 2) void proxy.listen();
  });
  const result = only(await client.run(await planOn(scene, 2), { emit: witness.emit }));
  const refused = `127.0.0.1:${proxy.port} refused the connection; is sshd running there, on that port?`;
  expect(sentenceOf(result)).toBe('succeeded');
  expect(witness.notices).toEqual([`${refused}; trying again (1 of 2)`, `${refused}; trying again (2 of 2)`]);
  expect(result.evidence).toEqual(['3 tries']);
});

test('without retries a host that refuses is unreachable at once', async () => {
  const scene = await hostWithClient();
  const { proxy, client } = scene;
  proxy.refuse();
  const witness = new Witness();
  const result = only(await client.run(await planOn(scene, 0), { emit: witness.emit }));
  expect(sentenceOf(result)).toBe(
    `unreachable: 127.0.0.1:${proxy.port} refused the connection; is sshd running there, on that port?`,
  );
  expect(witness.notices).toEqual([]);
});

test('a refused login is not tried again', async () => {
  const stranger = makeKeyPair(join(tempDir(), 'stranger'));
  const scene = await hostWithClient(stranger.file);
  const { proxy, user, client } = scene;
  const result = only(await client.run(await planOn(scene, 2)));
  expect(sentenceOf(result)).toBe(
    `unreachable: 127.0.0.1:${proxy.port} does not let ${user} in with any of the keys; ` +
      'check the user name and that the public key is in its authorized_keys',
  );
  expect(proxy.links.length).toBe(1);
});

test('a script that fails is not run again, though there are retries left', async () => {
  const scene = await hostWithClient();
  const { proxy, user, client } = scene;
  const { address, port } = proxy;
  const plan = await client.plan('echo ran\nexit 1\n', { 'web-1': { user, address, port } }, { retries: 5 });
  const result = only(await client.run(plan));
  expect(result.outcome).toEqual({ kind: 'failed', exitCode: 1 });
  expect(result.stdout.tail).toBe('ran\n');
  expect(proxy.links.length).toBe(1);
});
