import type { Config } from '../config/config.ts';
import type { Cloud } from '../inventory/cloud.ts';
import type { Io } from './io.ts';

/** EC2, as the configuration says. The AWS SDK is loaded here, and nothing is asked yet. Whoever opens it closes it. */
export async function openCloud({ aws }: Config, { clock }: Io): Promise<Cloud> {
  const { ec2Cloud } = await import('../inventory/ec2/ec2-cloud.ts');
  return ec2Cloud({ profile: aws.profile, endpoint: aws.endpoint, clock });
}
