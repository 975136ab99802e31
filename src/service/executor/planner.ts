import { Detached } from '../../run/detached.ts';
import type { PayloadResolver } from '../payloads/resolver.ts';
import { planDeployment, type PlanningDeps } from '../plan.ts';
import type { EventSink, Planner } from './deps.ts';

export interface PlannerDeps extends PlanningDeps {
  readonly payloads: Pick<PayloadResolver, 'open'>;
  readonly events: Pick<EventSink, 'append'>;
}

/** Gives a deployment a run of its own, once its instance is up. */
export function createPlanner(deps: PlannerDeps): Planner {
  const { state, payloads, events, clock } = deps;
  return {
    plan: async (deployment, instance, isOurs) => {
      const { id, order } = deployment;
      if (order.payload === null) throw new Error(`deployment ${id} brings nothing`);
      const resolved = await payloads.open(order.payload);
      const plan = state.atomically(() => {
        // holds the row until all of it is written: whoever else would plan it sees the run
        const isOpen = state.deployments.advance(id, {});
        if (!isOpen || state.deployments.find(id)?.runId !== null) return null;
        if (!isOurs()) throw new Detached();
        const planned = planDeployment(deployment, instance, resolved, deps);
        state.ledger.runStarted(planned);
        state.deployments.advance(id, { runId: planned.runId });
        return planned;
      });
      if (plan !== null) events.append(plan.runId, { type: 'run-started', at: clock.now(), plan, takenUp: false });
    },
  };
}
