import { setMaxListeners } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { newManualInstances } from '../../src/inventory/manual.ts';
import { selectInstances } from '../../src/inventory/select.ts';
import type { AttemptResult, RunResult } from '../../src/model/attempt.ts';
import type { RunEvent } from '../../src/model/event.ts';
import { type Limits, NOT_WATCHED } from '../../src/model/plan.ts';
import { packPayload } from '../../src/payload/pack.ts';
import { scanFiles } from '../../src/payload/scan.ts';
import { readScript } from '../../src/payload/script.ts';
import { CancelledError } from '../../src/run/explain.ts';
import { executePlan } from '../../src/run/execute.ts';
import { makePlan, type PlanRequest } from '../../src/run/plan.ts';
import { ALL_AT_ONCE } from '../../src/run/rollout.ts';
import { createStamps } from '../../src/run/stamps.ts';
import { openState, type State } from '../../src/state/state.ts';
import { Keyring } from '../../src/transport/ssh/keyring.ts';
import { loadSshConfig } from '../../src/transport/ssh/ssh-config.ts';
import { SshTransport, type SshTransportOptions } from '../../src/transport/ssh/ssh-transport.ts';
import { Secret } from '../../src/util/secret.ts';
import { removeDeployFolders } from '../helpers/leaks.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** One run, as somebody asks for it; everything has a default. */
export interface RunRequest {
  readonly script?: string;
  /** a folder to send */
  readonly files?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly plan?: Partial<PlanRequest>;
  readonly limits?: Partial<Limits>;
  /** as the clock of the run has it; the real one by default */
  readonly now?: () => number;
  /** told every event at once */
  readonly onEvent?: (event: RunEvent) => void;
  /** output is not kept among the events: they would hold all of it in memory */
  readonly forgetsOutput?: boolean;
}

/** What the client is set up like. */
export interface ClientOptions extends Partial<Omit<SshTransportOptions, 'sshConfig'>> {
  /** text of the ssh_config */
  readonly sshConfig?: string;
}

const LIMITS: Limits = {
  connectTimeoutMs: 10_000,
  uploadTimeoutMs: 20_000,
  executionTimeoutMs: 20_000,
  killGraceMs: 2000,
  leaseMs: null,
  concurrency: 100,
};

/** A run that goes on. */
export interface RunUnderWay {
  readonly events: readonly RunEvent[];
  readonly result: Promise<RunResult>;
  /** @param by one word */
  cancel(by: string): void;
  /** Waits until an event of this kind, for one instance, has come. */
  saw(what: string, matches: (event: RunEvent) => boolean): Promise<void>;
}

/** A user's machine: a state file with instances, keys and an ssh_config. Gone when the test is over. */
export class TestClient {
  readonly folder: string;
  readonly state: State;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions = {}) {
    this.folder = tempDir();
    this.#options = options;
    const state = openState(join(this.folder, 'state'), { clock: { now: () => Date.now() } });
    this.state = state;
    onTestFinished(() => {
      state.close();
      removeDeployFolders();
    });
  }

  /** Adds an instance by hand. @param spec `[user@]host[:port]` */
  add(id: string, spec: string): this {
    const existing = this.state.instances.list();
    const options = { name: null, id, tags: {}, existing, clock: { now: () => Date.now() } };
    this.state.instances.add(newManualInstances([spec], options));
    return this;
  }

  /** Adds hosts of the tests as `i-1`, `i-2`, …. */
  addHosts(...hosts: readonly SshdHost[]): this {
    const count = this.state.instances.list().length;
    hosts.forEach(({ user, address, port }, index) => this.add(`i-${count + index + 1}`, `${user}@${address}:${port}`));
    return this;
  }

  /** Runs to the end on all instances. */
  async run(request: RunRequest = {}): Promise<RunResult> {
    return (await this.start(request)).result;
  }

  /** Runs to the end on the only instance. */
  async runOne(request: RunRequest = {}): Promise<AttemptResult> {
    const { attempts } = await this.run(request);
    const [attempt] = attempts;
    if (attempt === undefined || attempts.length > 1) throw new Error(`${attempts.length} attempts and not one`);
    return attempt;
  }

  async start(request: RunRequest = {}): Promise<RunUnderWay> {
    const plan = await this.#plan(request);
    const transport = await this.#transport();
    const events: RunEvent[] = [];
    const [cancelling, leaving] = [new AbortController(), new AbortController()];
    // all attempts of a run listen
    setMaxListeners(0, cancelling.signal, leaving.signal);
    const clock = { now: request.now ?? (() => Date.now()) };
    const result = executePlan(plan, {
      transport,
      ledger: this.state.ledger,
      fates: null,
      emit: (event) => {
        if (event.type !== 'output' || request.forgetsOutput !== true) events.push(event);
        request.onEvent?.(event);
      },
      clock,
      random: () => 0,
      stamp: createStamps(clock, process.pid),
      logsDir: join(this.folder, 'logs'),
      environment: secretsOf(request),
      signal: cancelling.signal,
      detach: leaving.signal,
    }).finally(() => transport.close());
    return {
      events,
      result,
      cancel: (by) => cancelling.abort(new CancelledError(by)),
      saw: async (what, matches) => {
        await waitFor(what, () => events.some(matches), 10_000);
      },
    };
  }

  async #plan({ script = 'echo hello\n', files, environment = {}, plan = {}, limits = {} }: RunRequest) {
    const path = join(this.folder, 'deploy.sh');
    writeFileSync(path, script);
    const payload = await packPayload({
      script: await readScript(path, { maxBytes: 1024 * 1024 }),
      tree: files === undefined ? null : await scanFiles(files),
      environment: Object.keys(environment),
      name: 'deploy.sh',
      outDir: join(this.folder, 'payloads'),
    });
    const request: PlanRequest = {
      payload,
      selection: selectInstances(this.state.instances.list(), { limit: [], exclude: [] }),
      args: [],
      environment: Object.keys(environment),
      mode: 'run',
      remotePath: null,
      cleanup: true,
      transfer: 'auto',
      limits: { ...LIMITS, ...limits },
      rollout: ALL_AT_ONCE,
      interruption: NOT_WATCHED,
      retries: 0,
      readyTimeoutMs: null,
      tracksPayload: false,
      exclusiveFor: null,
      useCache: true,
      detached: false,
      username: null,
      ...plan,
    };
    return makePlan(request, { clock: { now: () => Date.now() }, pid: process.pid, random: Math.random });
  }

  async #transport(): Promise<SshTransport> {
    const { sshConfig = '', ...options } = this.#options;
    const configFile = join(this.folder, 'ssh_config');
    writeFileSync(configFile, sshConfig);
    const home = join(this.folder, 'home');
    mkdirSync(home, { recursive: true });
    return new SshTransport({
      sshConfig: await loadSshConfig(configFile, { mustExist: true, home, localUser: 'nobody', env: {} }),
      keyring: new Keyring(null),
      privateKeyPath: null,
      publicKeyPath: null,
      agentSocket: null,
      hostKeys: 'accept-new',
      keySource: null,
      knownHostsFile: join(this.folder, 'known_hosts'),
      keepaliveIntervalMs: 10_000,
      random: () => 0,
      ...options,
    });
  }
}

/** A client whose instances are these hosts, and that has their key. */
export function clientOf(hosts: readonly SshdHost[], options: ClientOptions = {}): TestClient {
  const [first] = hosts;
  return new TestClient({ privateKeyPath: first?.identityFile ?? null, ...options }).addHosts(...hosts);
}

/** All of an output of an attempt. */
export function outputOf(attempt: AttemptResult, stream: 'stdout' | 'stderr' = 'stdout'): string {
  const { path } = attempt[stream];
  return path === null ? '' : readFileSync(path, 'utf8');
}

/** Makes a folder with these files, to be sent. */
export function makeFiles(files: Readonly<Record<string, string | Uint8Array>>, mode = 0o640): string {
  const folder = join(tempDir(), 'files');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  }
  return folder;
}

function secretsOf({ environment = {} }: RunRequest): ReadonlyMap<string, Secret> {
  return new Map(Object.entries(environment).map(([name, value]) => [name, new Secret(value)]));
}
