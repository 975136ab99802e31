import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  EC2Client,
  type EC2ServiceException,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { onTestFinished } from 'vitest';
import type { Ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS } from '../../../helpers/ec2/faults.ts';

export interface ClientOptions {
  readonly region?: string;
  readonly accessKeyId?: string;
  /** 1 by default: errors come as they are */
  readonly maxAttempts?: number;
}

/** The real SDK, pointed at an endpoint; destroyed when the test is over. */
export function clientOf(endpoint: Ec2Endpoint, options: ClientOptions = {}): EC2Client {
  const client = new EC2Client({
    region: options.region ?? 'us-east-1',
    endpoint: endpoint.url,
    maxAttempts: options.maxAttempts ?? 1,
    credentials: { accessKeyId: options.accessKeyId ?? ACCESS_KEYS.good, secretAccessKey: 'not-verified' },
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** `Code: message` of what a request is refused with. */
export async function refusal(request: Promise<unknown>): Promise<string> {
  const error = await request.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason as EC2ServiceException,
  );
  return `${error.name}: ${error.message}`;
}

/** What a launch needs: one t3.micro, on demand. */
export function order(endpoint: Ec2Endpoint, more: Partial<RunInstancesCommandInput> = {}): RunInstancesCommandInput {
  return { ImageId: endpoint.region().images[0]?.id, InstanceType: 't3.micro', MinCount: 1, MaxCount: 1, ...more };
}

/** @returns the ids */
export async function run(client: EC2Client, input: RunInstancesCommandInput): Promise<string[]> {
  const { Instances = [] } = await client.send(new RunInstancesCommand(input));
  return Instances.map(({ InstanceId = '' }) => InstanceId);
}

export async function described(client: EC2Client, input: DescribeInstancesCommandInput = {}): Promise<Instance[]> {
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

export async function stateOf(client: EC2Client, id: string): Promise<string | undefined> {
  const [instance] = await described(client, { InstanceIds: [id] });
  return instance?.State?.Name;
}
