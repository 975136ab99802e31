import { setMaxListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { newManualInstances } from '../../src/inventory/manual.ts';
import { selectInstances } from '../../src/inventory/select.ts';
import type { AttemptResult, RunResult } from '../../src/model/attempt.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Instance } from '../../src/model/instance.ts';
import { type Limits, NOT_WATCHED, type Plan } from '../../src/model/plan.ts';
import { packPayload } from '../../src/payload/pack.ts';
import { readScript } from '../../src/payload/script.ts';
import type { RunDeps } from '../../src/run/deps.ts';
import { executePlan } from '../../src/run/execute.ts';
import { makePlan, type PlanRequest } from '../../src/run/plan.ts';
import type { Ledger } from '../../src/run/ledger.ts';
import { ALL_AT_ONCE } from '../../src/run/rollout.ts';
import { planOfRun } from '../../src/run/recorded-plan.ts';
import { createStamps } from '../../src/run/stamps.ts';
import { takeUpRun } from '../../src/run/take-up.ts';
import type { AttemptRecord } from '../../src/state/attempts.ts';
import { openState, type State } from '../../src/state/state.ts';
import { Keyring } from '../../src/transport/ssh/keyring.ts';
import { loadSshConfig } from '../../src/transport/ssh/ssh-config.ts';
import { SshTransport } from '../../src/transport/ssh/ssh-transport.ts';
import { systemClock } from '../../src/util/clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** Where a client connects to, and as whom. */
export interface Reachable {
  readonly user: string;
  readonly address: string;
  readonly port: number;
}

const LIMITS: Limits = {
  connectTimeoutMs: 5000,
  uploadTimeoutMs: 10_000,
  executionTimeoutMs: 20_000,
  killGraceMs: 1000,
  leaseMs: null,
  concurrency: 10,
};

/** Deviations of a plan; the limits are merged. */
export type PlanOptions = Partial<Omit<PlanRequest, 'limits'>> & { readonly limits?: Partial<Limits> };

/** What a run of a test may find different; by default nobody ends it and the clock is the system's. */
export type Surroundings = Partial<Pick<RunDeps, 'emit' | 'signal' | 'detach' | 'clock' | 'fates'>>;

const NEVER = new AbortController().signal;
// all attempts of a run listen
setMaxListeners(0, NEVER);

/** A client in this process: the parts that the command line would put together, on a state file of its own. */
export class Client {
  readonly folder = tempDir();
  readonly keyFile: string;

  constructor(keyFile: string) {
    this.keyFile = keyFile;
  }

  /** Plans a run of a script on hosts, which get the names that they have here. */
  async plan(script: string, hosts: Readonly<Record<string, Reachable>>, options: PlanOptions = {}): Promise<Plan> {
    const { limits, ...others } = options;
    const path = join(this.folder, 'script.sh');
    writeFileSync(path, script);
    const payload = await packPayload({
      script: await readScript(path, { maxBytes: 64 * 1024 * 1024 }),
      tree: null,
      environment: [],
      name: 'script.sh',
      outDir: join(this.folder, 'payloads'),
    });
    const request: PlanRequest = {
      payload,
      selection: selectInstances(this.#add(hosts), { limit: [], exclude: [] }),
      args: [],
      environment: [],
      mode: 'run',
      remotePath: null,
      cleanup: true,
      transfer: 'auto',
      limits: { ...LIMITS, ...limits },
      rollout: ALL_AT_ONCE,
      interruption: NOT_WATCHED,
      retries: 2,
      readyTimeoutMs: null,
      tracksPayload: false,
      exclusiveFor: null,
      useCache: true,
      detached: false,
      username: null,
      ...others,
    };
    return makePlan(request, { clock: systemClock, pid: process.pid, random: Math.random });
  }

  /** Executes a plan. */
  run(plan: Plan, surroundings: Surroundings = {}): Promise<RunResult> {
    return this.#with(plan.runId, surroundings, (deps) => executePlan(plan, deps));
  }

  /** Takes up a run from what the state file knows of it. */
  takeUp(runId: string, stoppedBy: string | null = null, surroundings: Surroundings = {}): Promise<RunResult> {
    return this.#with(runId, surroundings, (deps, state) => {
      const record = state.runs.find(runId);
      if (record === null) throw new Error(`there is no run ${runId}`);
      const open = state.runs.attempts(runId).filter(({ outcome }) => outcome === null);
      const instanceIds = open.map(({ instanceId }) => instanceId);
      // the process of the test itself began it, and lives
      const request = { instanceIds, stoppedBy, beginnerLives: () => false };
      return takeUpRun(planOfRun(record, state), request, deps);
    });
  }

  /** An instance as the state file has it. */
  instance(id: string): Instance {
    const found = this.#withState((state) => state.instances.find(id));
    if (found === null) throw new Error(`there is no instance ${id}`);
    return found;
  }

  /** What the state file knows of the attempts of a run. */
  attempts(runId: string): AttemptRecord[] {
    return this.#withState((state) => state.runs.attempts(runId));
  }

  /** Writes down what another client has come to. */
  ledger(work: (ledger: Ledger) => void): void {
    this.#withState((state) => work(state.ledger));
  }

  #add(hosts: Readonly<Record<string, Reachable>>) {
    return this.#withState((state) => {
      for (const [name, { user, address, port }] of Object.entries(hosts)) {
        const options = { name, id: name, tags: {}, existing: state.instances.list(), clock: systemClock };
        state.instances.add(newManualInstances([`${user}@${address}:${port}`], options));
      }
      return state.instances.list();
    });
  }

  #withState<T>(work: (state: State) => T): T {
    const state = openState(join(this.folder, 'state'), { clock: systemClock });
    try {
      return work(state);
    } finally {
      state.close();
    }
  }

  async #with(
    runId: string,
    surroundings: Surroundings,
    work: (deps: RunDeps, state: State) => Promise<RunResult>,
  ): Promise<RunResult> {
    const state = openState(join(this.folder, 'state'), { clock: systemClock });
    const transport = await transportOf(this.keyFile, this.folder);
    try {
      const deps: RunDeps = {
        transport,
        ledger: state.ledger,
        fates: null,
        emit: () => undefined,
        clock: systemClock,
        // the shortest pauses between tries
        random: () => 0,
        stamp: createStamps(systemClock, process.pid),
        logsDir: join(this.folder, 'logs', runId),
        environment: new Map(),
        signal: NEVER,
        detach: NEVER,
        ...surroundings,
      };
      return await work(deps, state);
    } finally {
      await transport.close();
      state.close();
    }
  }
}

/** The only attempt of a run. */
export function only({ attempts }: RunResult): AttemptResult {
  if (attempts.length !== 1) throw new Error(`${attempts.length} attempts instead of one`);
  return attempts[0] as AttemptResult;
}

/** Remembers events, and tells of those of one instance as they come. */
export class Witness {
  readonly events: RunEvent[] = [];
  readonly #onEvent: (event: RunEvent) => void;

  constructor(onEvent: (event: RunEvent) => void = () => undefined) {
    this.#onEvent = onEvent;
  }

  readonly emit = (event: RunEvent): void => {
    this.events.push(event);
    this.#onEvent(event);
  };

  /** what the scripts have said so far, both outputs */
  get output(): string {
    const chunks = this.events.flatMap((event) => (event.type === 'output' ? [event.chunk] : []));
    return Buffer.concat(chunks).toString('utf8');
  }

  get notices(): string[] {
    return this.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
  }
}

/** Keepalives often enough to notice a silent link within half a second. */
const KEEPALIVE_MS = 150;

async function transportOf(keyFile: string, home: string): Promise<SshTransport> {
  mkdirSync(join(home, '.ssh'), { recursive: true });
  const context = { mustExist: false, home, localUser: 'tester', env: {} };
  return new SshTransport({
    sshConfig: await loadSshConfig(join(home, '.ssh/config'), context),
    keyring: new Keyring(null),
    privateKeyPath: keyFile,
    publicKeyPath: null,
    agentSocket: null,
    hostKeys: 'accept-new',
    keySource: null,
    knownHostsFile: join(home, '.ssh/known_hosts'),
    keepaliveIntervalMs: KEEPALIVE_MS,
    random: () => 0,
  });
}
