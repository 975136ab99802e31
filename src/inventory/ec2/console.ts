import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import type { Ec2Api } from './api.ts';
import { refusalOf } from './refusal.ts';

/** See `Cloud.consoleOutput`. Older instance types tell only what EC2 copied some minutes ago. */
export async function consoleOutput(api: Ec2Api, region: string, instanceId: string): Promise<string | null> {
  try {
    return await read(api, region, instanceId, true);
  } catch (error) {
    if (refusalOf(error)?.code !== 'UnsupportedOperation') throw error;
    return read(api, region, instanceId, false);
  }
}

async function read(api: Ec2Api, region: string, instanceId: string, isLatest: boolean): Promise<string | null> {
  const latest = isLatest ? { Latest: true } : {};
  const { Output: output = '' } = await api.send(
    region,
    new GetConsoleOutputCommand({ InstanceId: instanceId, ...latest }),
  );
  return output === '' ? null : Buffer.from(output, 'base64').toString('utf8');
}
