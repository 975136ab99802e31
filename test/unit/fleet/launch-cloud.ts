import type { Cloud, Launched, LaunchOrder } from '../../../src/inventory/cloud.ts';
import { noInstanceError } from '../../../src/model/errors.ts';

/** EC2's launches without the network: rooms by place, tokens that are remembered, and what was asked. */
export class LaunchCloud implements Pick<Cloud, 'launch' | 'zones'> {
  /** how many there is room for, by region or zone; without an entry for all */
  readonly room = new Map<string, number>();
  /** `us-east-1 3 spot-c1-1`, and `zones us-east-1` */
  readonly calls: string[] = [];
  readonly orders: LaunchOrder[] = [];
  /** the answer to the next launch gets lost: the instances are made all the same */
  losesAnswer = false;
  readonly #answers = new Map<string, Launched>();
  #made = 0;

  get created(): number {
    return this.#made;
  }

  async launch(order: LaunchOrder): Promise<Launched> {
    const place = order.availabilityZone ?? order.region;
    this.calls.push(`${place} ${order.count} ${order.clientToken}`);
    this.orders.push(order);
    const answer = this.#answers.get(order.clientToken) ?? this.#make(place, order.count);
    this.#answers.set(order.clientToken, answer);
    if (!this.losesAnswer) return answer;
    this.losesAnswer = false;
    throw noInstanceError('aws-unreachable', 'the answer was lost');
  }

  async zones(region: string): Promise<string[]> {
    this.calls.push(`zones ${region}`);
    return [`${region}a`, `${region}b`];
  }

  #make(place: string, wanted: number): Launched {
    const count = Math.min(wanted, this.room.get(place) ?? wanted);
    const instanceIds = Array.from({ length: count }, (_, index) => `i-${this.#made + index + 1}`);
    this.#made += count;
    return { instanceIds, shortages: count < wanted ? [`${place}: no capacity`] : [], leftovers: [] };
  }
}
