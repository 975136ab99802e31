import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud } from '../inventory/cloud.ts';
import { EC2_SOURCE, type Instance } from '../model/instance.ts';
import type { State } from '../state/state.ts';
import type { Clock } from '../util/clock.ts';
import { awaitRunning } from './await-running.ts';

/** How long looks at the same region wait for each other, ms. */
const GATHER_MS = 50;
/** From one call for a region to the next, ms. */
const PAUSE_MS = 1000;

/** Looks instances up where they come from. */
export interface LookUps {
  /**
   * The instance as it is now, and as it stands in the state from now on; one that nobody can be asked about as it is known.
   * @throws SpotError of the cloud
   */
  of(instance: Instance): Promise<Instance>;
}

export interface LookUpDeps {
  readonly cloud: () => Promise<Pick<Cloud, 'describe' | 'fates'>>;
  readonly state: Pick<State, 'instances'>;
  readonly clock: Clock;
}

/** Those of one region that are asked for at the same moment go in one call, and there is one a second at most. */
export function createLookUps(deps: LookUpDeps): LookUps {
  return new RegionLookUps(deps);
}

interface Batch {
  readonly instanceIds: Set<string>;
  readonly done: Promise<void>;
}

class RegionLookUps implements LookUps {
  readonly #deps: LookUpDeps;
  readonly #batches = new Map<string, Batch>();
  /** by region, ms since the epoch */
  readonly #lookedAt = new Map<string, number>();

  constructor(deps: LookUpDeps) {
    this.#deps = deps;
  }

  async of(instance: Instance): Promise<Instance> {
    const { instanceId, source, region } = instance;
    if (source !== EC2_SOURCE || region === null) return instance;
    const batch = this.#batches.get(region) ?? this.#begin(region);
    batch.instanceIds.add(instanceId);
    await batch.done;
    return this.#deps.state.instances.find(instanceId) ?? instance;
  }

  #begin(region: string): Batch {
    const instanceIds = new Set<string>();
    const now = this.#deps.clock.now();
    const waitMs = Math.max(GATHER_MS, Math.min(PAUSE_MS, (this.#lookedAt.get(region) ?? 0) + PAUSE_MS - now));
    const done = sleep(waitMs).then(() => {
      this.#batches.delete(region);
      this.#lookedAt.set(region, this.#deps.clock.now());
      return this.#look(region, [...instanceIds]);
    });
    const batch = { instanceIds, done };
    this.#batches.set(region, batch);
    return batch;
  }

  async #look(region: string, instanceIds: readonly string[]): Promise<void> {
    const { state, clock } = this.#deps;
    await awaitRunning(
      instanceIds.map((instanceId) => ({ instanceId, region })),
      {
        cloud: await this.#deps.cloud(),
        state,
        emit: () => undefined,
        clock,
        random: () => 0,
        timeoutMs: 0,
        signal: new AbortController().signal,
      },
    );
  }
}
