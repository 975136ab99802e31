import { Capacity, type Place } from './capacity.ts';
import { Ec2Error } from './error.ts';
import type { HostSource } from './hosts.ts';
import { DEFAULT_PACE, type Ec2Instance, type Pace } from './instance.ts';
import { Region } from './region.ts';

/** Regions that are enabled in the account of the tests. */
export const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1', 'eu-central-1', 'ap-southeast-1'];

/** All that the endpoint keeps, and how it behaves. */
export class World {
  readonly capacity = new Capacity();
  readonly regions: ReadonlyMap<string, Region>;
  pace: Pace = DEFAULT_PACE;
  /** no page is larger, even where nobody asks for pages */
  pageSize = 1000;
  readonly hosts: HostSource;
  /** work on machines that has begun; the endpoint waits for it when it closes */
  readonly #work: Promise<void>[] = [];
  #ids = 0;

  constructor(hosts: HostSource, regions: readonly string[] = REGIONS) {
    this.hosts = hosts;
    this.regions = new Map(regions.map((name) => [name, new Region(name, (prefix) => this.newId(prefix))]));
  }

  /** @throws Ec2Error for a region that the account does not have */
  region(name: string): Region {
    const region = this.regions.get(name);
    if (region !== undefined) return region;
    throw new Ec2Error('SignatureDoesNotMatch', 'Credential should be scoped to a valid region. ', 403);
  }

  /** @returns e.g. `i-00000000000000001` */
  newId(prefix: string): string {
    this.#ids += 1;
    return `${prefix}-${this.#ids.toString(16).padStart(17, '0')}`;
  }

  instances(): Ec2Instance[] {
    return [...this.regions.values()].flatMap((region) => [...region.instances.values()]);
  }

  /** How many more instances may be launched at a place. @param coming those that will be there, too */
  room(place: Place, coming: readonly Place[] = []): number {
    const alive = this.instances().filter(({ isAlive }) => isAlive);
    return this.capacity.room(place, [...alive.map(({ birth }) => birth), ...coming]);
  }

  /** Lets something go on by itself, to be waited for by `settled`. */
  begin(work: Promise<void>): void {
    // the failure is told by settled
    work.catch(() => undefined);
    this.#work.push(work);
  }

  /** @throws what the first failed work threw */
  async settled(): Promise<void> {
    const results = await Promise.allSettled(this.#work);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}
