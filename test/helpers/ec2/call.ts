import type { Parameters } from './parameters.ts';
import type { Region } from './region.ts';
import type { World } from './world.ts';
import type { Xml } from './xml.ts';

/** One request that has passed the comparison with EC2's documentation. */
export interface Call {
  readonly world: World;
  readonly region: Region;
  readonly parameters: Parameters;
  /** of all parameters but the client token */
  readonly fingerprint: string;
}

/** Answers the request with the elements of the answer. @throws Ec2Error where EC2 refuses */
export type Action = (call: Call) => Readonly<Record<string, Xml>>;
