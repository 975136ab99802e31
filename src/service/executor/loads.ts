import type { PayloadReference } from '../../model/deployment.ts';
import type { Plan } from '../../model/plan.ts';
import { Cargo } from '../../run/cargo.ts';
import type { Load } from '../../run/carry-out.ts';
import type { State } from '../../state/state.ts';
import { Secret } from '../../util/secret.ts';
import type { PayloadOpener } from './deps.ts';

/** What one attempt has of the load of its run. */
export interface HeldLoad {
  /** @throws SpotError `payload-gone`, `archive-gone` */
  get(): Promise<Load>;
  release(): Promise<void>;
}

interface Shared {
  users: number;
  load: Promise<Load> | null;
}

/** What runs bring to their instances: opened for the first attempt that begins, closed after the last that is under way. */
export class Loads {
  readonly #payloads: PayloadOpener;
  readonly #state: Pick<State, 'environments' | 'ledger'>;
  readonly #shared = new Map<string, Shared>();

  constructor(payloads: PayloadOpener, state: Pick<State, 'environments' | 'ledger'>) {
    this.#payloads = payloads;
    this.#state = state;
  }

  /** @param plan of one of its attempts */
  hold(plan: Plan, reference: PayloadReference): HeldLoad {
    const { runId } = plan;
    const shared = this.#shared.get(runId) ?? { users: 0, load: null };
    this.#shared.set(runId, shared);
    shared.users += 1;
    return {
      get: () => {
        shared.load ??= this.#open(plan, reference).catch((error: unknown) => {
          shared.load = null;
          throw error;
        });
        return shared.load;
      },
      release: async () => {
        shared.users -= 1;
        if (shared.users > 0) return;
        this.#shared.delete(runId);
        const load = await shared.load?.catch(() => null);
        await load?.cargo.close();
      },
    };
  }

  async #open(plan: Plan, reference: PayloadReference): Promise<Load> {
    const { payload, environment } = await this.#payloads.open(reference);
    const given = [...this.#state.environments.of(plan.runId)].map(
      ([name, value]) => [name, new Secret(value)] as const,
    );
    const cargo = await Cargo.open({ ...plan, payload }, this.#state.ledger);
    return { payload, cargo, environment: new Map([...environment, ...given]) };
  }
}
