import { setTimeout as sleep } from 'node:timers/promises';
import type { Cloud } from '../inventory/cloud.ts';
import type { Fate } from '../model/fate.ts';
import { EC2_SOURCE, type Instance } from '../model/instance.ts';
import type { Fates } from '../run/deps.ts';
import type { Clock } from '../util/clock.ts';

/** How long questions of the same region wait for each other, ms. */
const GATHER_MS = 50;
/** From one call for a region to the next, ms: a fleet that starts is missed all the time. */
const PAUSE_MS = 1000;

/** Questions of one region that are asked together. */
interface Batch {
  readonly instanceIds: Set<string>;
  readonly answers: Promise<ReadonlyMap<string, Fate>>;
}

/** Fates that are to be closed. */
export interface OpenFates extends Fates {
  close(): Promise<void>;
}

/**
 * Asks EC2 what became of instances: those that are missed at the same moment in one call for each region, and not more
 * than one a second. What is terminated stays so, and is not asked again.
 * @param open called for the first question; where it throws, so does the question, and the next one calls it again
 */
export function createFates(open: () => Promise<Cloud>, clock: Clock): OpenFates {
  return new CloudFates(open, clock);
}

class CloudFates implements OpenFates {
  readonly #open: () => Promise<Cloud>;
  readonly #final = new Map<string, Fate>();
  readonly #batches = new Map<string, Batch>();
  /** by region, ms since the epoch */
  readonly #askedAt = new Map<string, number>();
  readonly #clock: Clock;
  #cloud: Promise<Cloud> | null = null;

  constructor(open: () => Promise<Cloud>, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
  }

  async of({ instanceId, source, region }: Instance): Promise<Fate | null> {
    if (source !== EC2_SOURCE || region === null) return null;
    const known = this.#final.get(instanceId);
    if (known !== undefined) return known;
    const batch = this.#batches.get(region) ?? this.#begin(region);
    batch.instanceIds.add(instanceId);
    return (await batch.answers).get(instanceId) ?? null;
  }

  async close(): Promise<void> {
    const cloud = await this.#cloud?.catch(() => null);
    cloud?.close();
  }

  #begin(region: string): Batch {
    const instanceIds = new Set<string>();
    const now = this.#clock.now();
    const waitMs = Math.max(GATHER_MS, Math.min(PAUSE_MS, (this.#askedAt.get(region) ?? 0) + PAUSE_MS - now));
    const answers = sleep(waitMs).then(() => {
      this.#batches.delete(region);
      this.#askedAt.set(region, this.#clock.now());
      return this.#ask(region, [...instanceIds]);
    });
    const batch = { instanceIds, answers };
    this.#batches.set(region, batch);
    return batch;
  }

  async #ask(region: string, instanceIds: readonly string[]): Promise<ReadonlyMap<string, Fate>> {
    const cloud = await this.#openOnce();
    const fates = await cloud.fates(region, instanceIds);
    for (const fate of fates) if (fate.state === 'terminated') this.#final.set(fate.instanceId, fate);
    return new Map(fates.map((fate) => [fate.instanceId, fate]));
  }

  #openOnce(): Promise<Cloud> {
    this.#cloud ??= this.#open().catch((error: unknown) => {
      this.#cloud = null;
      throw error;
    });
    return this.#cloud;
  }
}
