import type { InstanceState, Lifecycle } from '../../../src/model/instance.ts';
import type { Backing } from './hosts.ts';

/** How long an instance stays in a state: for so many answers that describe it, or for so long. */
export type Stay = { readonly calls: number } | { readonly ms: number };

/** How fast instances change. */
export interface Pace {
  /** answers to DescribeInstances after the launch that do not know the instance yet, 0 by default */
  readonly hiddenCalls: number;
  /** one answer by default */
  readonly pending: Stay;
  /** one answer by default */
  readonly shuttingDown: Stay;
}

export const DEFAULT_PACE: Pace = { hiddenCalls: 0, pending: { calls: 1 }, shuttingDown: { calls: 1 } };

export interface Reason {
  /** e.g. `Server.SpotInstanceTermination` */
  readonly code: string;
  readonly message: string;
}

/** What does not change in the life of an instance. */
export interface Birth {
  readonly instanceId: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly lifecycle: Lifecycle;
  readonly spotRequestId: string | null;
  readonly keyName: string | null;
  readonly groupIds: readonly string[];
  readonly subnetId: string;
  readonly vpcId: string;
  readonly clientToken: string | null;
  /** decoded, or null */
  readonly userData: Buffer | null;
  readonly launchedAt: Date;
}

interface Step {
  readonly state: InstanceState;
  readonly after: Stay;
}

/**
 * An instance as EC2 keeps it. `pending` becomes `running`, `shutting-down` becomes `terminated`, each after its stay;
 * nothing else moves by itself.
 */
export class Ec2Instance {
  readonly birth: Birth;
  tags: Record<string, string>;
  /** where it is reached, or null before it has an address */
  backing: Backing | null = null;
  reason: Reason | null = null;
  /** e.g. `User initiated (2026-01-31 12:00:00 GMT)` */
  transition = '';
  console: string | null = null;
  /** removed from all answers, as EC2 does an hour after the end */
  isForgotten = false;
  #state: InstanceState = 'pending';
  #next: Step | null = null;
  #hiddenCalls = 0;
  #calls = 0;
  #since = Date.now();

  constructor(birth: Birth, tags: Readonly<Record<string, string>>) {
    this.birth = birth;
    this.tags = { ...tags };
  }

  get id(): string {
    return this.birth.instanceId;
  }

  get state(): InstanceState {
    this.#advance();
    return this.#state;
  }

  /** What EC2 counts as an instance that costs money or will. */
  get isAlive(): boolean {
    return !['shutting-down', 'terminated'].includes(this.state);
  }

  get isVisible(): boolean {
    return !this.isForgotten && this.#hiddenCalls === 0;
  }

  /** @param next what it becomes by itself, and when */
  enter(state: InstanceState, next: Step | null = null): void {
    this.#state = state;
    this.#next = next;
    this.#calls = 0;
    this.#since = Date.now();
  }

  hideFor(calls: number): void {
    this.#hiddenCalls = calls;
  }

  /** One answer has described it, or would have. */
  wasAsked(): void {
    if (this.#hiddenCalls > 0) this.#hiddenCalls -= 1;
    else this.#calls += 1;
  }

  #advance(): void {
    if (this.#next === null) return;
    const { state, after } = this.#next;
    const isDue = 'calls' in after ? this.#calls >= after.calls : Date.now() - this.#since >= after.ms;
    if (isDue) this.enter(state);
  }
}

/** The numbers that EC2 gives its states. */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};
