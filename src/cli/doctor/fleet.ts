import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { type Check, wrong, wrongBy } from '../../model/check.ts';
import { SpotError } from '../../model/errors.ts';
import type { Instance } from '../../model/instance.ts';
import type { Host } from '../../model/plan.ts';
import { checkUp } from '../../run/check-up.ts';
import { diagnose } from '../../run/diagnose.ts';
import { examine, type Patient } from '../../run/examine.ts';
import { wordsOf } from '../../run/retry.ts';
import type { State } from '../../state/state.ts';
import type { SshTransport } from '../../transport/ssh/ssh-transport.ts';
import { ConnectError } from '../../transport/transport.ts';
import { mapBounded } from '../../util/bounded.ts';
import type { Report, Row } from '../doctor-view.ts';
import type { Io } from '../io.ts';
import { roomIn } from '../open-files.ts';
import { openSshTransport } from '../ssh.ts';
import { hostOf } from './host-of.ts';

export interface FleetLook {
  readonly instances: readonly Instance[];
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
  /** removes what nobody will come for */
  readonly fix: boolean;
  /** told after each instance how many have been looked at */
  readonly progress: (done: number) => void;
}

/** Looks at the instances, as many at once as there may be; one report for each, in their order. */
export async function examineAll(look: FleetLook): Promise<Report[]> {
  const { instances, config, state, io } = look;
  try {
    const transport = await openSshTransport(config, state, io);
    try {
      const hosts = instances.map((instance) => hostOf(instance, config));
      for (const notice of await transport.prepare(hosts)) io.stderr.write(`spot: warning: ${notice}\n`);
      return await examineEach(look, hosts, transport);
    } finally {
      await transport.close();
    }
  } catch (error) {
    if (!(error instanceof SpotError)) throw error;
    const check = wrong('reach', 'not connected to', 'mend first what is wrong here', 'not-tried');
    return instances.map((instance) => ({
      instance,
      rows: [],
      checks: [check],
      roundTripMs: null,
      problem: error.message,
    }));
  }
}

async function examineEach(look: FleetLook, hosts: readonly Host[], transport: SshTransport): Promise<Report[]> {
  const files = look.io.openFiles();
  const room = files === null ? Number.MAX_SAFE_INTEGER : Math.max(1, roomIn(files));
  let done = 0;
  return mapBounded(look.instances, Math.min(look.config.limits.concurrency, room), async (instance, index) => {
    const report = await reportOf(instance, hosts[index] as Host, transport, look);
    done += 1;
    look.progress(done);
    return report;
  });
}

async function reportOf(instance: Instance, host: Host, transport: SshTransport, look: FleetLook): Promise<Report> {
  try {
    return { instance, ...(await examineOne(instance, host, transport, look)), problem: null };
  } catch (error) {
    const problem = wordsOf(error);
    return { instance, rows: [], checks: [notReached(error, problem)], roundTripMs: null, problem };
  }
}

function notReached(error: unknown, problem: string): Check {
  return wrongBy('reach', problem, error instanceof ConnectError ? error.problem.code : 'no-answer');
}

async function examineOne(
  instance: Instance,
  host: Host,
  transport: SshTransport,
  { config, state, io, fix }: FleetLook,
): Promise<Pick<Report, 'rows' | 'checks' | 'roundTripMs'>> {
  const patient = await examine(
    { instance, host },
    {
      transport,
      connectTimeoutMs: config.limits.connectTimeoutMs,
      signal: new AbortController().signal,
      nonce: randomUUID(),
      clock: io.clock,
      pin: (instanceId, hostKey) => state.ledger.hostKeyPinned(instanceId, hostKey),
    },
  );
  try {
    const { roundTripMs } = patient.contact;
    return { rows: await rowsOf(patient, state, fix), checks: checkUp(patient, config.ssh.transfer), roundTripMs };
  } finally {
    await patient.close();
  }
}

async function rowsOf(patient: Patient, state: State, fix: boolean): Promise<Row[]> {
  const rows = patient.findings.map((finding) => {
    const known = state.runs.attemptOf(finding.stamp);
    return { finding, runId: known?.runId ?? null, removal: null, ...diagnose(finding, known) };
  });
  const names = rows.flatMap(({ verdict, finding }) => (verdict === 'leftover' ? [finding.name] : []));
  if (!fix || names.length === 0) return rows;
  const removals = new Map((await patient.fix(names)).map((removal) => [removal.name, removal]));
  return rows.map((row) => ({ ...row, removal: removals.get(row.finding.name) ?? null }));
}
