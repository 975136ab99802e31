import { onTestFinished } from 'vitest';
import type { InstanceState } from '../../../src/model/instance.ts';
import type { Place } from './capacity.ts';
import { endByUser, markForTermination, reclaim, type Reclaim } from './endings.ts';
import { ACCESS_KEYS, type Fault, type FaultRule } from './faults.ts';
import { type HostSource, nobody } from './hosts.ts';
import type { Ec2Instance, Pace } from './instance.ts';
import type { Region } from './region.ts';
import { type Seed, seed } from './seed.ts';
import { Ec2Server, type RecordedRequest } from './server.ts';
import { REGIONS, World } from './world.ts';

export interface Ec2Options {
  /** the machines of new instances; by default addresses where nobody answers */
  readonly hosts?: HostSource;
  /** enabled regions; every other one is refused */
  readonly regions?: readonly string[];
  /** how fast instances change */
  readonly pace?: Partial<Pace>;
  /** no page of an answer is larger, even where nobody asks for pages; 1000 by default */
  readonly pageSize?: number;
}

/** An endpoint for one test, closed when the test is over: see `Ec2Endpoint.close` for what fails then. */
export async function ec2Endpoint(options: Ec2Options = {}): Promise<Ec2Endpoint> {
  const endpoint = await startEc2(options);
  onTestFinished(() => endpoint.close());
  return endpoint;
}

/** For hooks: whoever starts it closes it. */
export async function startEc2(options: Ec2Options = {}): Promise<Ec2Endpoint> {
  const world = new World(options.hosts ?? nobody(), options.regions ?? REGIONS);
  world.pace = { ...world.pace, ...options.pace };
  world.pageSize = options.pageSize ?? world.pageSize;
  const server = new Ec2Server(world);
  return new Ec2Endpoint(await server.listen(), world, server);
}

/**
 * A server that speaks EC2's query protocol, for the real SDK:
 *
 *     const endpoint = await ec2Endpoint();
 *     const lost = endpoint.add({ tags: { Name: 'web-1' }, publicIp: '127.0.0.2' });
 *     await runSpot(['sync'], { cwd, env: endpoint.env });
 *     endpoint.reclaim(lost.id, { status: 'instance-terminated-by-price' });
 *
 * - Every region is a world of its own; which one is asked for stands in the signature, as does the access key, and
 *   some keys are refused (`ACCESS_KEYS`). Signatures are not verified.
 * - A new instance is `pending`, then `running`, and after its end `shutting-down`, then `terminated`: each is shown in
 *   one answer before the next state, or as `pace` says.
 * - `fail` makes requests fail, `limit` makes capacity short, `requests` is what was asked.
 * - A request with anything that EC2 does not document is refused, and fails the test, even where the program gets
 *   over it: `takeViolations` is for tests about just that.
 * - EC2 tells no SSH port. `hosts` gives addresses of 127.0.0.0/8; where sshd does not listen on port 22 there, the
 *   port stands in the ssh_config that the program is given (`backedEc2` in backed-endpoint.ts does all of it).
 */
export class Ec2Endpoint {
  readonly url: string;
  readonly #world: World;
  readonly #server: Ec2Server;

  constructor(url: string, world: World, server: Ec2Server) {
    this.url = url;
    this.#world = world;
    this.#server = server;
  }

  /** For the binary, or a credential chain: where EC2 is and who asks. No instance of its own answers for credentials. */
  get env(): Record<string, string> {
    return this.envWith(ACCESS_KEYS.good);
  }

  /** @param accessKeyId one of `ACCESS_KEYS`, or of a fault */
  envWith(accessKeyId: string): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: 'not-verified',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** All requests so far, the refused ones too. */
  get requests(): readonly RecordedRequest[] {
    return this.#server.requests;
  }

  requestsFor(action: string): RecordedRequest[] {
    return this.#server.requests.filter((request) => request.action === action);
  }

  /** An instance that is there already: `running`, spot, t3.micro in us-east-1a, where nothing else is said. */
  add(instance: Seed = {}): Ec2Instance {
    return seed(this.#world, instance);
  }

  /** In the order in which they were made, of all regions, the forgotten ones too. */
  get instances(): Ec2Instance[] {
    return this.#world.instances();
  }

  /** @throws Error for an id that was never there */
  instance(id: string): Ec2Instance {
    const found = this.instances.find((instance) => instance.id === id);
    if (found === undefined) throw new Error(`the endpoint never had ${id}`);
    return found;
  }

  /** The other things of a region: key pairs, groups, images. */
  region(name = 'us-east-1'): Region {
    return this.#world.region(name);
  }

  /** EC2 takes a spot instance back. @throws Error for one that is no spot instance */
  reclaim(id: string, options: Reclaim = {}): void {
    const instance = this.instance(id);
    reclaim(this.#world, this.region(instance.birth.region), instance, options);
  }

  /** The notice is given: the spot request is marked, the instance runs on. (`Imds.notice` tells the instance.) */
  markForTermination(id: string): void {
    const instance = this.instance(id);
    markForTermination(this.region(instance.birth.region), instance);
  }

  /** Somebody else terminates it. */
  terminate(id: string): void {
    const instance = this.instance(id);
    endByUser(this.#world, this.region(instance.birth.region), instance);
  }

  /** Whatever else happens: `stopped`. Nothing follows by itself. */
  setState(id: string, state: InstanceState): void {
    this.instance(id).enter(state);
  }

  /** No answer knows it any more, as an hour after its end. */
  forget(id: string): void {
    this.instance(id).isForgotten = true;
  }

  /** What GetConsoleOutput shows from now on. */
  setConsole(id: string, text: string): void {
    this.instance(id).console = text;
  }

  /** @param where what is left out is any: `{ zone: 'us-east-1a', lifecycle: 'spot' }` @param count alive at once */
  limit(where: Partial<Place>, count: number): void {
    this.#world.capacity.limit(where, count);
  }

  /** The next requests fail, those of one action or all (`*`). @param which how many (all from now on), from whom */
  fail(action: string, fault: Fault, which: Omit<FaultRule, keyof Fault | 'action'> = {}): void {
    this.#server.faults.add({ ...(action !== '*' && { action }), ...fault, ...which });
  }

  /** What was asked that EC2 does not document, one sentence each; what is taken does not fail the test. */
  takeViolations(): string[] {
    return this.#server.violations.splice(0);
  }

  /** Waits until the machines of what was terminated or reclaimed are off. @throws Error that names one that did not go */
  settled(): Promise<void> {
    return this.#world.settled();
  }

  /**
   * Stops answering and waits for the machines that are going off.
   * @throws Error that names the requests that EC2 does not document, or a machine that did not go
   */
  async close(): Promise<void> {
    await this.#server.close();
    await this.settled();
    const violations = this.takeViolations();
    if (violations.length > 0) throw new Error(`requests that EC2 does not document:\n${violations.join('\n')}`);
  }
}
