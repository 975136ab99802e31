import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Ec2Api } from './api.ts';
import { chunksOf } from './pages.ts';
import { refusalOf } from './refusal.ts';

/** EC2 takes 1000, and advises to ask for fewer. */
const AT_A_TIME = 200;

/** See `Cloud.terminate`. */
export async function terminate(api: Ec2Api, region: string, instanceIds: readonly string[]): Promise<void> {
  for (const ids of chunksOf([...new Set(instanceIds)], AT_A_TIME)) await terminateChunk(api, region, ids);
}

/** One that EC2 does not know spares all the others of its request: without it they are asked for again. */
async function terminateChunk(api: Ec2Api, region: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  try {
    await api.send(region, new TerminateInstancesCommand({ InstanceIds: [...ids] }));
  } catch (error) {
    const unknown = unknownIds(error);
    const others = ids.filter((id) => !unknown.includes(id));
    if (others.length === ids.length) throw error;
    await terminateChunk(api, region, others);
  }
}

/** `The instance IDs 'i-0a, i-0b' do not exist`. */
function unknownIds(error: unknown): readonly string[] {
  const refusal = refusalOf(error);
  return refusal?.code.startsWith('InvalidInstanceID.') === true ? (refusal.words.match(/\bi-[0-9a-z]+/g) ?? []) : [];
}
