import type { Plan } from '../model/plan.ts';
import { executePlan } from '../run/execute.ts';
import { plural } from '../util/format.ts';
import { drive, type DriveRequest } from './drive.ts';
import type { Io } from './io.ts';
import { canAsk, requireYes } from './prompt.ts';

/**
 * A person is asked before several instances are touched; a pipeline is not.
 * @param label what is run: `deploy.sh`, `deploy@3`
 */
export async function requireConsent(
  { targets, mode }: { readonly targets: readonly unknown[]; readonly mode: Plan['mode'] },
  label: string,
  { yes }: { readonly yes?: boolean },
  io: Io,
): Promise<void> {
  if (yes || targets.length === 1 || !canAsk(io)) return;
  const verb = mode === 'copy' ? 'Copy' : 'Run';
  const where = mode === 'copy' ? 'to' : 'on';
  await requireYes(io, `${verb} ${label} ${where} ${plural(targets.length, 'instance')}?`, true);
}

export interface Launch extends Omit<DriveRequest, 'runId' | 'hosts' | 'detached'> {
  readonly plan: Plan;
}

/** Executes a plan and shows it. @returns the exit code */
export function launch({ plan, ...surroundings }: Launch): Promise<number> {
  const hosts = plan.targets.map(({ host }) => host);
  const request = { ...surroundings, runId: plan.runId, hosts, detached: plan.detached };
  return drive(request, (deps) => executePlan(plan, deps));
}
