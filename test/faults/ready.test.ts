import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import type { Fate } from '../../src/model/fate.ts';
import type { Plan } from '../../src/model/plan.ts';
import { CancelledError } from '../../src/run/explain.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { type Proxy, startProxy } from '../helpers/proxy.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Project } from '../e2e/project.ts';
import { Client, only, type PlanOptions, type Surroundings, Witness } from './client.ts';
import { onlyOf, sandboxOf } from './sandbox.ts';

leakCheck();

const STEPS = ['connect', 'boot', 'locks', 'disk', 'upload', 'execute', 'collect', 'clean-up'];
const BOOTING = 'cloud-init is not done yet';
/** What nobody waits for in a test that is as it should be. */
const LONG_MS = 60_000;

/** A host behind a proxy, whose programs of these names say so; and a client for it. */
async function sceneWith(programs: Readonly<Record<string, string>> = {}) {
  const bin = tempDir();
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(bin, name), text, { mode: 0o755 });
  const sandbox = await sandboxOf({ env: { PATH: `${bin}:/usr/sbin:/usr/bin:/sbin:/bin` } });
  const { user, ...host } = onlyOf(sandbox);
  const proxy = await startProxy(host);
  return new Scene(new Client(sandbox.privateKeyPath), proxy, user);
}

class Scene {
  readonly client: Client;
  readonly proxy: Proxy;
  readonly #user: string;

  constructor(client: Client, proxy: Proxy, user: string) {
    this.client = client;
    this.proxy = proxy;
    this.#user = user;
  }

  get spec(): string {
    return `${this.#user}@${this.proxy.address}:${this.proxy.port}`;
  }

  plan(readyTimeoutMs: number, options: PlanOptions = {}): Promise<Plan> {
    const { address, port } = this.proxy;
    const hosts = { 'web-1': { user: this.#user, address, port } };
    return this.client.plan('echo done\n', hosts, { readyTimeoutMs, retries: 0, ...options });
  }

  async run(readyTimeoutMs: number, surroundings: Surroundings = {}, options: PlanOptions = {}) {
    return only(await this.client.run(await this.plan(readyTimeoutMs, options), surroundings));
  }
}

/** A cloud-init that runs until the file is there. */
const runsUntil = (file: string): string => `#!/bin/sh
[ "$2" != --wait ] || until [ -e ${file} ]; do sleep 0.1; done
if [ -e ${file} ]; then echo 'status: done'; else echo 'status: running'; fi
`;

const NEVER = join('/nowhere', 'done');

const isBooting = (event: RunEvent): boolean => event.type === 'waiting' && event.message === BOOTING;

describe('an instance that starts', () => {
  test('is connected to until sshd answers, whatever --retries says, and then gets the payload', async () => {
    const scene = await sceneWith();
    const { proxy } = scene;
    proxy.refuse();
    const witness = new Witness((event) => {
      if (event.type === 'waiting') void proxy.listen();
    });
    const result = await scene.run(LONG_MS, { emit: witness.emit });
    expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, evidence: [] });
    expect(result.steps.map(({ name }) => name)).toEqual(STEPS);
    const waits = witness.events.filter(({ type }) => type === 'waiting');
    const message = `127.0.0.1:${proxy.port} refused the connection; is sshd running there, on that port?`;
    expect(waits).toEqual([expect.objectContaining({ instanceId: 'web-1', step: 'connect', message })]);
  });

  test('is unreachable where sshd never answers', async () => {
    const scene = await sceneWith();
    scene.proxy.refuse();
    const { outcome, evidence, steps } = await scene.run(1200);
    const message = `127.0.0.1:${scene.proxy.port} refused the connection; is sshd running there, on that port?`;
    expect(outcome).toEqual({ kind: 'unreachable', error: { code: 'connection-refused', message } });
    expect(evidence).toEqual(['waited 1.2 s for it', 'nothing was started']);
    expect(steps.map(({ name }) => name)).toEqual(['connect']);
  });

  test('gets the payload when cloud-init is done', async () => {
    const file = join(tempDir(), 'done');
    const scene = await sceneWith({ 'cloud-init': runsUntil(file) });
    const witness = new Witness((event) => {
      if (isBooting(event)) writeFileSync(file, '');
    });
    const result = await scene.run(LONG_MS, { emit: witness.emit });
    expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, evidence: [] });
    expect(witness.events.filter(({ type }) => type === 'waiting')).toHaveLength(1);
  });

  test('is timed out where cloud-init is not done in time', async () => {
    const scene = await sceneWith({ 'cloud-init': runsUntil(NEVER) });
    const { outcome, evidence, remoteDir } = await scene.run(1500);
    const message = `not ready after 1.5 s: ${BOOTING}; give it more with --wait-ready`;
    expect(outcome).toEqual({ kind: 'timed-out', step: 'boot', error: { code: 'not-ready', message } });
    expect({ evidence, remoteDir }).toEqual({ evidence: ['nothing was started'], remoteDir: null });
  });

  test('gets the payload though cloud-init has failed, and that is on record', async () => {
    const failed = "#!/bin/sh\necho 'status: error'\n";
    const { outcome, evidence } = await (await sceneWith({ 'cloud-init': failed })).run(LONG_MS);
    expect({ outcome, evidence }).toEqual({
      outcome: { kind: 'succeeded' },
      evidence: ['cloud-init ended with an error'],
    });
  });

  test('may start anew while it is waited for', async () => {
    const file = join(tempDir(), 'done');
    const scene = await sceneWith({ 'cloud-init': runsUntil(file) });
    const witness: Witness = new Witness((event) => {
      if (!isBooting(event) || scene.proxy.links.length > 1) return;
      scene.proxy.break('reset');
      writeFileSync(file, '');
    });
    const result = await scene.run(LONG_MS, { emit: witness.emit });
    expect(result).toMatchObject({ outcome: { kind: 'succeeded' }, evidence: [] });
    expect(result.steps.map(({ name }) => name)).toEqual(['connect', 'boot', ...STEPS]);
    expect(scene.proxy.links).toHaveLength(2);
  });

  test('and is taken back meanwhile is not waited for any more', async () => {
    const scene = await sceneWith();
    scene.proxy.refuse();
    const reason = 'Server.SpotInstanceTermination: Spot instance termination';
    const fate: Fate = {
      instanceId: 'web-1',
      state: 'terminated',
      isReclaimed: true,
      at: null,
      reason,
      requestStatus: null,
    };
    const { outcome } = await scene.run(LONG_MS, { fates: { of: () => Promise.resolve(fate) } });
    expect(outcome.kind).toBe('reclaimed');
  });

  test('has no room for the payload: it is rejected before anything is sent', async () => {
    const df =
      "#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho 'a disk 9 8 100 8% /tmp'\n";
    const { outcome, evidence } = await (await sceneWith({ df })).run(LONG_MS);
    const message = expect.stringMatching(
      /^\/tmp on the instance has room for 102 KB, and the payload needs 1\.0 MB \(\d+ B packed and \d+ B unpacked\); make room there, or take a larger disk$/,
    );
    expect(outcome).toEqual({ kind: 'rejected', error: { code: 'no-space', message } });
    expect(evidence).toEqual(['nothing was started']);
  });

  test('whose login shell refuses is not waited for', async () => {
    const scene = await sceneWith({ sh: '#!/bin/sh\necho go away >&2\nexit 3\n' });
    const { outcome } = await scene.run(LONG_MS);
    const message = 'the login shell on the instance ended with exit 3 before the runner could start: go away';
    expect(outcome).toEqual({ kind: 'rejected', error: { code: 'no-shell', message } });
  });
});

describe('a run that waits for an instance', () => {
  test.each([
    ['is cancelled', 'signal', 'Ctrl-C', 'Ctrl-C'],
    ['is left', 'detach', undefined, 'detach'],
  ] as const)('and %s starts nothing', async (_, wish, reason, by) => {
    const scene = await sceneWith({ 'cloud-init': runsUntil(NEVER) });
    const controller = new AbortController();
    const emit = (event: RunEvent): void => {
      if (isBooting(event)) controller.abort(reason === undefined ? undefined : new CancelledError(reason));
    };
    const { outcome, evidence } = await scene.run(LONG_MS, { emit, [wish]: controller.signal });
    expect({ outcome, evidence }).toEqual({
      outcome: { kind: 'cancelled', error: { code: 'cancelled', message: `cancelled by ${by}` } },
      evidence: ['nothing was started'],
    });
  });

  test('waits no longer once another client has closed the attempt', async () => {
    const scene = await sceneWith({ 'cloud-init': runsUntil(NEVER) });
    const plan = await scene.plan(LONG_MS);
    const witness = new Witness();
    const running = scene.client.run(plan, { emit: witness.emit });
    await waitFor('the boot', () => witness.events.some(isBooting));
    const stopped = only(await scene.client.takeUp(plan.runId, 'stop'));
    expect(only(await running).outcome).toEqual(stopped.outcome);
    expect(stopped).toMatchObject({ outcome: { kind: 'cancelled' }, evidence: ['nothing was started'], steps: [] });
  });

  test('and whose client is killed has started nothing', async () => {
    const scene = await sceneWith({ 'cloud-init': runsUntil(NEVER) });
    const project = new Project();
    project.write('config.yaml', `aws:\n  private_ssh_key_path: ${scene.client.keyFile}\n`);
    project.write('ok.sh', 'true\n');
    project.add('web-1', scene.spec);
    const running = project.start(['upload-script', '--wait-ready', './ok.sh']);
    await running.saw(`web-1  waiting: ${BOOTING}`, 20_000);
    expect(project.rows('SELECT step FROM attempts')).toEqual([{ step: 'boot' }]);
    running.kill('SIGKILL');
    await running.result;
    const { stderr, exitCode } = await project.run(['attach']);
    expect(stderr).toContain('cancelled by the end of the client that began the run (nothing was started)');
    expect(exitCode).toBe(2);
  });
});
