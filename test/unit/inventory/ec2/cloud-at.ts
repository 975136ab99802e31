import { onTestFinished, vi } from 'vitest';
import type { Cloud } from '../../../../src/inventory/cloud.ts';
import { ec2Cloud } from '../../../../src/inventory/ec2/ec2-cloud.ts';
import type { Ec2CloudOptions } from '../../../../src/inventory/ec2/ec2-cloud.ts';
import { SpotError } from '../../../../src/model/errors.ts';
import type { Ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS } from '../../../helpers/ec2/faults.ts';

export const REGION = 'us-east-1';

interface CloudOptions extends Partial<Ec2CloudOptions> {
  readonly accessKeyId?: string;
}

/** The real thing with the endpoint behind it; closed when the test is over. */
export function cloudAt({ url }: Pick<Ec2Endpoint, 'url'>, options: CloudOptions = {}): Cloud {
  const { accessKeyId, ...rest } = options;
  stubCredentials(accessKeyId);
  const cloud = ec2Cloud({ profile: null, endpoint: url, ...rest });
  onTestFinished(() => cloud.close());
  return cloud;
}

/** Only these, whatever the machine has. */
export function stubCredentials(accessKeyId: string = ACCESS_KEYS.good): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-verified');
  stubFiles('/dev/null');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

/** @param path of ~/.aws/config and ~/.aws/credentials alike */
export function stubFiles(path: string): void {
  vi.stubEnv('AWS_CONFIG_FILE', path);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path);
}

/** What it is refused with. */
export async function refusal(work: Promise<unknown>): Promise<SpotError> {
  const reason = await work.then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (reason instanceof SpotError) return reason;
  throw reason;
}
