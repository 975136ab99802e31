import type { Plan } from '../model/plan.ts';
import { executePlan } from '../run/execute.ts';
import { drive, type DriveRequest } from './drive.ts';

export interface Launch extends Omit<DriveRequest, 'runId' | 'hosts' | 'detached'> {
  readonly plan: Plan;
}

/** Executes a plan and shows it. @returns the exit code */
export function launch({ plan, ...surroundings }: Launch): Promise<number> {
  const hosts = plan.targets.map(({ host }) => host);
  const request = { ...surroundings, runId: plan.runId, hosts, detached: plan.detached };
  return drive(request, (deps) => executePlan(plan, deps));
}
