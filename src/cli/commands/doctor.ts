import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { expandSelectors } from '../../inventory/expand-selectors.ts';
import { requireTargets } from '../../inventory/require-targets.ts';
import { selectInstances } from '../../inventory/select.ts';
import { addressOf, type Instance } from '../../model/instance.ts';
import type { Host } from '../../model/plan.ts';
import { diagnose } from '../../run/diagnose.ts';
import { examine } from '../../run/examine.ts';
import { wordsOf } from '../../run/retry.ts';
import type { State } from '../../state/state.ts';
import { mapBounded } from '../../util/bounded.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import { documentOf, exitCodeOf, type Report, type Row, textOf } from '../doctor-view.ts';
import type { Io } from '../io.ts';
import { openSshTransport } from '../ssh.ts';

export interface DoctorOptions extends GlobalOptions {
  readonly fix?: boolean;
  readonly json?: boolean;
}

/** `spot doctor`: what earlier runs have left on the instances, and its removal. */
export async function doctor(words: readonly string[], options: DoctorOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const limit = expandSelectors(words, { flag: null, readFile: (path) => readFileSync(path, 'utf8') });
    const selection = selectInstances(state.instances.list(), { limit, exclude: [] });
    requireTargets(selection, state.path);
    const reports = await examineAll(selection.chosen, { config, state, io, fix: options.fix === true });
    if (options.json) io.stdout.write(`${JSON.stringify(documentOf(reports), null, 2)}\n`);
    else io.stdout.write(textOf(reports, io.stdout.columns));
    return exitCodeOf(reports);
  });
}

interface Surroundings {
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
  readonly fix: boolean;
}

async function examineAll(instances: readonly Instance[], surroundings: Surroundings): Promise<Report[]> {
  const { config, state, io } = surroundings;
  const transport = await openSshTransport(config, state, io);
  const hosts = new Map(instances.map((instance) => [instance, hostOf(instance, config)]));
  try {
    for (const notice of await transport.prepare([...hosts.values()])) io.stderr.write(`spot: warning: ${notice}\n`);
    return await mapBounded([...hosts], config.limits.concurrency, async ([instance, host]) => {
      try {
        return { instance, rows: await examineOne(instance, host, transport, surroundings), problem: null };
      } catch (error) {
        return { instance, rows: [], problem: wordsOf(error) };
      }
    });
  } finally {
    await transport.close();
  }
}

async function examineOne(
  instance: Instance,
  host: Host,
  transport: Parameters<typeof examine>[2]['transport'],
  { config, state, fix }: Surroundings,
): Promise<Row[]> {
  const patient = await examine(instance, host, {
    transport,
    connectTimeoutMs: config.limits.connectTimeoutMs,
    signal: new AbortController().signal,
    nonce: randomUUID(),
    pin: (instanceId, hostKey) => state.ledger.hostKeyPinned(instanceId, hostKey),
  });
  try {
    const rows = patient.findings.map((finding) => {
      const known = state.runs.attemptOf(finding.stamp);
      return { finding, runId: known?.runId ?? null, removal: null, ...diagnose(finding, known) };
    });
    const names = rows.flatMap(({ verdict, finding }) => (verdict === 'leftover' ? [finding.name] : []));
    if (!fix || names.length === 0) return rows;
    const removals = new Map((await patient.fix(names)).map((removal) => [removal.name, removal]));
    return rows.map((row) => ({ ...row, removal: removals.get(row.finding.name) ?? null }));
  } finally {
    await patient.close();
  }
}

function hostOf(instance: Instance, { aws }: Config): Host {
  return { user: instance.sshUser ?? aws.username, address: addressOf(instance) as string, port: instance.sshPort };
}
