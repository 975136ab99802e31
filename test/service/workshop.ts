import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { newManualInstances } from '../../src/inventory/manual.ts';
import { openServiceParts, type ServiceParts } from '../../src/cli/service-parts.ts';
import type { Deployment, DeploymentStatus } from '../../src/model/deployment.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Task } from '../../src/model/task.ts';
import type { Caller, CreateRequest, Deployed, RunRequest } from '../../src/service/api.ts';
import type { ServiceLog } from '../../src/service/log.ts';
import type { Working } from '../../src/service/queue/queue.ts';
import { openState, type State } from '../../src/state/state.ts';
import { systemClock } from '../../src/util/clock.ts';
import type { Project } from '../e2e/project.ts';
import type { RunningSpot, SpotOptions } from '../helpers/spot.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { behind, databaseOfTest } from '../state/support.ts';
import { ioOf } from './io.ts';

const LOG: ServiceLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A change of a deployment's status, or of a task's, in the order in which they were written. */
export interface Change {
  readonly id: string;
  readonly status: string;
}

export interface WorkshopOptions {
  /** further lines of config.yaml, by section */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: ServiceLog;
}

/** A service without a door: the parts that the command line puts together, on the state file of a project. */
export class Workshop {
  readonly project: Project;
  readonly state: State;
  readonly parts: ServiceParts;
  readonly config: Config;
  readonly #env: Readonly<Record<string, string>>;
  readonly #workings: Working[] = [];
  #requests = 0;
  #closed: Promise<void> | null = null;

  private constructor(
    project: Project,
    config: Config,
    state: State,
    parts: ServiceParts,
    env: Readonly<Record<string, string>>,
  ) {
    this.project = project;
    this.config = config;
    this.state = state;
    this.parts = parts;
    this.#env = env;
  }

  static async open(project: Project, { env = {}, log = LOG }: WorkshopOptions = {}): Promise<Workshop> {
    const io = ioOf(project, env);
    const { cwd, home } = project;
    const sources = { flags: new Map(), flagNames: new Map(), configFile: null, env, cwd, home };
    const config = await loadConfig(sources);
    // the SDK looks for its credentials here
    for (const [name, value] of Object.entries(env)) process.env[name] = value;
    const { database } = config;
    const state = openState(config.stateDir, { clock: systemClock, user: io.user, database });
    const parts = await openServiceParts({ config, state, io, log });
    const workshop = new Workshop(project, config, state, parts, env);
    workshop.#recordChanges();
    onTestFinished(() => workshop.close());
    return workshop;
  }

  /** A worker in this process; it stops with the test. */
  async work(): Promise<Working> {
    const working = await this.parts.startWorking();
    this.#workings.push(working);
    return working;
  }

  /** A worker in a process of its own; whoever starts it ends it. */
  async startWorker(options: Partial<SpotOptions> = {}): Promise<RunningSpot> {
    const worker = this.project.start(['worker'], {
      timeoutMs: 120_000,
      ...options,
      env: { ...this.#env, ...options.env },
    });
    await worker.saw('works on the queue');
    return worker;
  }

  /** Makes a host known as an instance. */
  add(name: string, spec: string): void {
    const existing = this.state.instances.list();
    const options = { name, id: name, tags: {}, existing, clock: systemClock };
    this.state.instances.add(newManualInstances([spec], options));
  }

  caller(): Caller {
    this.#requests += 1;
    return { name: 'tester', requestId: `rq-${this.#requests}` };
  }

  /** One payload for these instances, made of a script. */
  deploy(script: string, instanceIds: readonly string[], options: Partial<RunRequest> = {}): Promise<Deployed> {
    const path = this.project.write(`scripts/job-${this.#requests}.sh`, `#!/bin/sh\n${script}\n`);
    const { environment, retries, readyTimeoutMs, args, cleanup, exclusive, ...rest } = options;
    const request = { instanceIds, payload: { path }, remotePath: null, execute: true, timeoutMs: null, ...rest };
    const special = [environment, retries, readyTimeoutMs, args, cleanup, exclusive].some((one) => one !== undefined);
    if (!special) return this.parts.api.deploy(request, this.caller());
    const run: RunRequest = {
      ...request,
      args: args ?? [],
      environment: environment ?? new Map(),
      cleanup: cleanup ?? false,
      exclusive: exclusive ?? false,
      retries: retries ?? null,
      readyTimeoutMs: readyTimeoutMs ?? null,
    };
    return this.parts.api.startRun(run, this.caller());
  }

  create(request: CreateRequest): Promise<Deployed> {
    return this.parts.api.create(request, this.caller());
  }

  deployment(id: string): Deployment {
    return this.parts.api.deployment(id);
  }

  tasksOf(id: string): readonly Task[] {
    return this.parts.api.tasksOf(id);
  }

  /** Waits until a deployment has a status, or any end. */
  until(id: string, status: DeploymentStatus | 'over', timeoutMs = 20_000): Promise<Deployment> {
    return waitFor(
      `${id} to be ${status}`,
      () => {
        const one = this.deployment(id);
        const isThere = status === 'over' ? one.finishedAt !== null : one.status === status;
        if (isThere) return one;
        if (one.finishedAt !== null) throw new Error(`${id} has ended: ${JSON.stringify(one)}`);
        return null;
      },
      timeoutMs,
    );
  }

  /** Every status that the deployment has had, from the second one on. */
  statuses(id: string): string[] {
    return this.changes(id).map(({ status }) => status);
  }

  /** Of a deployment and its tasks, in their order. */
  changes(...ids: readonly string[]): Change[] {
    const rows = this.rows('SELECT id, status FROM test_changes ORDER BY number') as unknown as Change[];
    return rows.filter(({ id }) => ids.includes(id));
  }

  /** All events of a run, to its end. */
  async events(runId: string): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    const signal = AbortSignal.timeout(20_000);
    for await (const { number, event } of this.parts.api.events(runId, 0, signal)) {
      if (number !== events.length + 1) throw new Error(`event ${events.length + 1} has number ${number}`);
      events.push(event);
    }
    return events;
  }

  async untilIdle(): Promise<void> {
    // a key that is claimed at the very moment may be in no count
    let looks = 0;
    const isIdle = (): boolean => {
      const { due, putOff, claimed } = this.parts.queue.counts();
      looks = due + putOff + claimed === 0 ? looks + 1 : 0;
      return looks === 5;
    };
    await waitFor('the queue to be empty', isIdle, 20_000);
  }

  /** Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#workings.map((working) => working.stop()));
    await this.parts.close();
    this.state.close();
  }

  /** Does what another program would do to the state. @returns rows of a SELECT */
  rows(sql: string): Record<string, unknown>[] {
    return behind(this.state, sql) as Record<string, unknown>[];
  }

  /** A trigger sees what comes and goes between two looks. */
  #recordChanges(): void {
    this.rows(this.config.database === null ? RECORD_CHANGES : RECORD_CHANGES_ON_POSTGRES);
  }
}

const WATCHED = ['deployments', 'tasks'];

const RECORD_CHANGES = `
CREATE TABLE IF NOT EXISTS test_changes (number INTEGER PRIMARY KEY, id TEXT, status TEXT);
${WATCHED.map(
  (table) => `CREATE TRIGGER IF NOT EXISTS test_${table} AFTER UPDATE OF status ON ${table}
    WHEN OLD.status <> NEW.status
    BEGIN INSERT INTO test_changes (id, status) VALUES (NEW.id, NEW.status); END;`,
).join('\n')}`;

const RECORD_CHANGES_ON_POSTGRES = `
CREATE TABLE IF NOT EXISTS test_changes (number SERIAL PRIMARY KEY, id TEXT, status TEXT);
CREATE OR REPLACE FUNCTION test_note() RETURNS trigger AS $$
  BEGIN INSERT INTO test_changes (id, status) VALUES (NEW.id, NEW.status); RETURN NEW; END
$$ LANGUAGE plpgsql;
${WATCHED.map(
  (table) => `CREATE OR REPLACE TRIGGER test_${table} AFTER UPDATE OF status ON ${table} FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION test_note();`,
).join('\n')}`;

/** The fleet's config.yaml, open for scripts of the project. */
export function configFor(project: Project, identityFile: string, more = ''): void {
  const root = join(project.cwd, 'scripts');
  const database = databaseOfTest();
  project.write('scripts/.keep', '');
  project.write(
    'config.yaml',
    `aws: { private_ssh_key_path: ${identityFile} }\nservice: { payload_roots: ${root}, lease: 1s }\n${database === null ? '' : `database: ${database}\n`}${more}`,
  );
}
