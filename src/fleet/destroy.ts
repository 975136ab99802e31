import type { Cloud } from '../inventory/cloud.ts';
import { SpotError } from '../model/errors.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { Fate } from '../model/fate.ts';
import type { Instance, InstanceState } from '../model/instance.ts';
import type { State } from '../state/state.ts';
import { isoTime } from '../util/clock.ts';
import type { Clock } from '../util/clock.ts';
import { pause } from '../util/pause.ts';
import { asEnded } from './merge.ts';

/** From one look at EC2 to the next, ms. */
const LOOK_MS = 2000;

export interface DestroyOptions {
  readonly cloud: Pick<Cloud, 'terminate' | 'fates'>;
  readonly state: Pick<State, 'instances'>;
  readonly clock: Clock;
  /** how long to wait until they are terminated, ms */
  readonly patienceMs: number;
  /** aborted: nobody waits any longer, and what was asked of EC2 goes on */
  readonly signal: AbortSignal;
  /** told each time that more is known */
  readonly onProgress: (ends: readonly End[]) => void;
  /** between two looks, ms; default 2 s */
  readonly lookMs?: number;
}

/** How far the end of an instance has come. */
export interface End {
  readonly instance: Instance;
  /** as it was seen last */
  readonly state: InstanceState;
  /** EC2 has taken the order to terminate it */
  readonly isOrdered: boolean;
  /** why it was refused, or cannot be seen any more; null where nothing is wrong */
  readonly problem: SpotError | null;
}

/**
 * Has EC2 terminate instances, all regions at once, and waits until they are. The state says at each moment what is
 * known: `shutting-down` once EC2 has taken the order, `terminated` once it is done. Nothing is forgotten.
 * @param instances from EC2, each with a region
 * @returns one for each, in their order; a region that refuses does not keep the others
 */
export async function destroyInstances(instances: readonly Instance[], options: DestroyOptions): Promise<End[]> {
  const ends = new Map(instances.map((instance) => [instance.instanceId, newEnd(instance)]));
  const regions = [...new Set(instances.map(({ region }) => region ?? ''))];
  const results = await Promise.allSettled(regions.map((region) => new Ending(region, ends, options).run()));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return [...ends.values()];
}

function newEnd(instance: Instance): End {
  return { instance, state: instance.state, isOrdered: false, problem: null };
}

/** The end of the instances of one region. */
class Ending {
  readonly #region: string;
  readonly #ends: Map<string, End>;
  readonly #options: DestroyOptions;

  constructor(region: string, ends: Map<string, End>, options: DestroyOptions) {
    this.#region = region;
    this.#ends = ends;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { cloud, clock, patienceMs, signal, lookMs = LOOK_MS } = this.#options;
    const refusal = await problemOf(cloud.terminate(this.#region, this.#unfinished()));
    if (refusal !== null) return this.#tell(this.#unfinished(), { problem: refusal });
    this.#note(this.#unfinished().map((instanceId) => ({ instanceId, state: 'shutting-down', reason: '' })));
    const until = clock.now() + patienceMs;
    while (this.#unfinished().length > 0 && clock.now() < until) {
      await pause(lookMs, signal);
      if (signal.aborted || !(await this.#look())) return;
    }
  }

  /** @returns false where asking again would be in vain */
  async #look(): Promise<boolean> {
    const ids = this.#unfinished();
    const asked = this.#options.cloud.fates(this.#region, ids).then((fates) => this.#note(fates));
    const problem = await problemOf(asked);
    if (problem !== null) this.#tell(ids, { problem });
    return problem?.exitCode !== ExitCode.config;
  }

  #note(fates: readonly Pick<Fate, 'instanceId' | 'state' | 'reason'>[]): void {
    const { state, clock } = this.#options;
    const at = isoTime(clock.now());
    const byId = new Map(fates.map((fate) => [fate.instanceId, fate]));
    state.instances.revise([...byId.keys()], (known) => {
      const fate = byId.get(known.instanceId);
      return fate === undefined ? known : { ...asEnded(known, fate, at), seenAt: at };
    });
    for (const fate of fates) this.#tell([fate.instanceId], { state: fate.state, isOrdered: true, problem: null });
  }

  #tell(instanceIds: readonly string[], news: Partial<End>): void {
    for (const id of instanceIds) {
      const end = this.#ends.get(id);
      if (end !== undefined) this.#ends.set(id, { ...end, ...news });
    }
    this.#options.onProgress([...this.#ends.values()]);
  }

  #unfinished(): string[] {
    const isHere = ({ instance, state }: End): boolean =>
      (instance.region ?? '') === this.#region && state !== 'terminated';
    return [...this.#ends.values()].filter(isHere).map(({ instance }) => instance.instanceId);
  }
}

async function problemOf(work: Promise<void>): Promise<SpotError | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof SpotError) return error;
    throw error;
  }
}
