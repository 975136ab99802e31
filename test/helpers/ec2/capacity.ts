import type { Lifecycle } from '../../../src/model/instance.ts';

/** Where an instance is put. */
export interface Place {
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly lifecycle: Lifecycle;
}

interface Limit {
  readonly where: Partial<Place>;
  readonly count: number;
}

/** How many instances there may be at once, by place; without a limit there is room for all. */
export class Capacity {
  #limits: readonly Limit[] = [];

  /** @param where what is left out is any: `{ zone: 'us-east-1a' }`; a limit for the same place replaces it */
  limit(where: Partial<Place>, count: number): void {
    const same = JSON.stringify(Object.entries(where).sort());
    const others = this.#limits.filter((limit) => JSON.stringify(Object.entries(limit.where).sort()) !== same);
    this.#limits = [...others, { where, count }];
  }

  /** How many more there may be at a place. @param alive those that are there */
  room(place: Place, alive: readonly Place[]): number {
    const limits = this.#limits.filter(({ where }) => isIn(place, where));
    return Math.max(
      0,
      Math.min(...limits.map(({ where, count }) => count - alive.filter((at) => isIn(at, where)).length)),
    );
  }
}

function isIn(place: Place, where: Partial<Place>): boolean {
  const names = Object.keys(where) as (keyof Place)[];
  return names.every((name) => where[name] === undefined || where[name] === place[name]);
}
