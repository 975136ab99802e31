import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptResult } from '../../src/model/attempt.ts';
import { type Instance, newInstance } from '../../src/model/instance.ts';
import type { Outcome, Step } from '../../src/model/outcome.ts';
import { outputPaths } from '../../src/run/outputs.ts';
import { makeRunId } from '../../src/run/stamps.ts';
import { openState, type State } from '../../src/state/state.ts';
import { aPlan } from '../state/records.ts';
import { addVersion } from '../state/payloads.ts';
import type { Project } from '../e2e/project.ts';

/** What is told of a fleet that is too large to be raised: the state and the log files as runs would have left them. */
export interface LargeFleet {
  /** ids of runs, the newest first; the first goes on as long as this process does */
  readonly runs: readonly string[];
}

const MINUTE_MS = 60_000;
/** In the name and in the output of one instance: it must do nothing. */
export const HOSTILE = '<img src=x onerror="document.title=1">';

/** Writes `count` instances, three runs that have ended, and one that goes on. */
export async function writeLargeFleet(project: Project, count: number): Promise<LargeFleet> {
  const clock = { ms: Date.now() - 26 * 60 * MINUTE_MS };
  const time = { now: () => clock.ms };
  const stateDir = join(project.cwd, '.spot');
  const state = openState(stateDir, { clock: time, user: 'ann' });
  try {
    const instances = Array.from({ length: count }, (_, index) => instanceAt(index));
    state.instances.add(instances);
    const up = instances.filter(({ state: word }) => word === 'running');
    const script = { name: 'deploy', text: '#!/bin/bash\nsystemctl restart web\n', environment: ['TOKEN', 'TIER=web'] };
    for (const text of ['v1', 'v2', 'v3'])
      await addVersion(state, stateDir, { ...script, text: `${script.text}#${text}\n` });
    await addVersion(state, stateDir, { name: 'check', text: 'df -h\n' });
    const scene: Scene = { state, clock, logsDir: join(stateDir, 'logs') };
    const runs: string[] = [];
    for (const name of ['check', 'deploy']) {
      runs.unshift(finishedRun(scene, name, up));
      clock.ms += 11 * 60 * MINUTE_MS;
    }
    clock.ms = Date.now() - 7 * MINUTE_MS;
    runs.unshift(finishedRun(scene, 'deploy', up));
    clock.ms = Date.now() - 95_000;
    runs.unshift(goingRun(scene, 'migrate', up));
    return { runs };
  } finally {
    state.close();
  }
}

interface Scene {
  readonly state: State;
  readonly clock: { ms: number };
  readonly logsDir: string;
}

function instanceAt(index: number): Instance {
  const [role, number] = index % 5 === 4 ? ['db', index] : index % 5 === 3 ? ['api', index] : ['web', index];
  const state = index % 41 === 40 ? 'stopped' : index % 97 === 96 ? 'terminated' : 'running';
  const name = index === 7 ? HOSTILE : `${role}-${number + 1}`;
  return newInstance(`i-0${(0xabc1234 + index * 7919).toString(16)}${index}`, {
    ...{ name, state, source: 'ec2', region: 'eu-central-1', availabilityZone: `eu-central-1${'abc'[index % 3]}` },
    ...{ instanceType: index % 5 === 4 ? 'r6i.xlarge' : 'm6i.large', publicIp: `10.${index >> 8}.${index & 255}.17` },
    ...{ lifecycle: 'spot' as const, hourlyPrice: 0.0412, tags: { role, team: 'shop' } },
  });
}

function startRun({ state, clock }: Scene, name: string, instances: readonly Instance[]): string {
  const runId = makeRunId({ now: () => clock.ms }, Math.random);
  const plan = aPlan(runId, instances, { createdAt: new Date(clock.ms).toISOString(), args: [] });
  const digest = 'c0ffee00'.repeat(8);
  const metadata = { name };
  state.ledger.runStarted({
    ...plan,
    payload: {
      ...plan.payload,
      digest,
      sizeBytes: 1_830_112,
      fileCount: 14,
      manifest: { ...plan.payload.manifest, metadata },
    },
  });
  return runId;
}

function finishedRun(scene: Scene, name: string, instances: readonly Instance[]): string {
  const runId = startRun(scene, name, instances);
  const { state, clock } = scene;
  const began = clock.ms;
  state.atomically(() => instances.forEach((instance, index) => finishOne(scene, { runId, began, instance, index })));
  clock.ms = began + 78_000;
  state.ledger.runEnded(runId, new Date(clock.ms).toISOString());
  return runId;
}

interface One {
  readonly runId: string;
  /** ms since the epoch */
  readonly began: number;
  readonly instance: Instance;
  readonly index: number;
}

function finishOne(scene: Scene, { runId, began, instance, index }: One): void {
  const { state, clock } = scene;
  clock.ms = began + 1000 + (index % 60) * 100;
  state.ledger.stepStarted(runId, instance.instanceId, 'execute');
  clock.ms += 9000 + ((index * 37) % 50) * 90 + (index === 20 ? 60_000 : 0);
  state.ledger.attemptFinished(runId, resultFor(scene, runId, instance, index));
}

/** Some have ended, some are at each step, and some wait. */
function goingRun(scene: Scene, name: string, instances: readonly Instance[]): string {
  const runId = startRun(scene, name, instances);
  const { state, clock } = scene;
  const began = clock.ms;
  state.atomically(() => instances.forEach((instance, index) => goOn(scene, { runId, began, instance, index })));
  return runId;
}

function goOn(scene: Scene, { runId, began, instance, index }: One): void {
  const { state, clock } = scene;
  const part = (index * 7) % 10;
  clock.ms = began + (index % 40) * 120;
  if (part === 9) return;
  const step: Step = part === 8 ? 'connect' : part === 7 ? 'upload' : 'execute';
  state.ledger.stepStarted(runId, instance.instanceId, step);
  if (step === 'execute') write(scene, runId, instance.instanceId, { stdout: `step 3 of 9: table orders_${index}\n` });
  clock.ms += 14_000 + (index % 9) * 700;
  if (part < 6) state.ledger.attemptFinished(runId, resultFor(scene, runId, instance, index));
}

function resultFor(
  scene: Scene,
  runId: string,
  { instanceId, name, publicIp }: Instance,
  index: number,
): AttemptResult {
  const [outcome, stderr] = endOf(index);
  const ran = outcome.kind === 'succeeded' || outcome.kind === 'failed' || outcome.kind === 'timed-out';
  const stdout = !ran ? '' : index === 7 ? `${HOSTILE}\n\u001B[31mred\u001B[0m\n` : stdoutOf(index);
  const files = write(scene, runId, instanceId, { stdout, stderr });
  return {
    ...{
      instanceId,
      name,
      address: publicIp ?? '',
      outcome,
      evidence: [],
      remoteDir: ran ? '/tmp/deploy_files_1_2' : null,
    },
    steps: ran
      ? [
          { name: 'connect', ms: 85, bytes: 0 },
          { name: 'upload', ms: 640, bytes: 1_830_112 },
          { name: 'execute', ms: 9000, bytes: 0 },
        ]
      : [],
    stdout: { path: stdout === '' ? null : files.stdout, bytes: Buffer.byteLength(stdout), tail: '' },
    stderr: { path: stderr === '' ? null : files.stderr, bytes: Buffer.byteLength(stderr), tail: '' },
    rescue: null,
  };
}

function endOf(index: number): readonly [Outcome, string] {
  if (index % 31 === 30) {
    const lock = `E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process ${1000 + index} (unattended-upgr)\n`;
    return [{ kind: 'failed', exitCode: 100 }, lock];
  }
  if (index % 83 === 82)
    return [{ kind: 'failed', exitCode: 1 }, `tar: /srv/web/app-${index}.js: No space left on device\n`];
  if (index % 113 === 112) {
    const error = {
      code: 'no-answer',
      message: `10.0.${index}.17 does not answer at port 22; is it up, and let in by its security group?`,
    };
    return [{ kind: 'unreachable', error }, ''];
  }
  if (index === 150)
    return [
      {
        kind: 'timed-out',
        step: 'execute',
        error: { code: 'timed-out', message: 'it took longer than 5m00s and was ended' },
      },
      '',
    ];
  if (index === 200 || index === 201) {
    return [{ kind: 'reclaimed', error: { code: 'reclaimed', message: 'EC2 has taken the instance back' } }, ''];
  }
  return [{ kind: 'succeeded' }, ''];
}

function stdoutOf(index: number): string {
  if (index !== 12) return `Fetched 1,830 kB in 1s\nrestarted web.service (pid ${4000 + index})\nok\n`;
  return Array.from({ length: 6000 }, (_, line) => `line ${line + 1}: copied /srv/web/static/chunk-${line}.js\n`).join(
    '',
  );
}

function write(
  { logsDir }: Scene,
  runId: string,
  instanceId: string,
  content: { readonly stdout: string; readonly stderr?: string },
): ReturnType<typeof outputPaths> {
  const folder = join(logsDir, runId);
  const paths = outputPaths(folder, instanceId);
  mkdirSync(folder, { recursive: true });
  if (content.stdout !== '') writeFileSync(paths.stdout, content.stdout);
  if (content.stderr !== undefined && content.stderr !== '') writeFileSync(paths.stderr, content.stderr);
  return paths;
}
