import type { Ec2Instance } from './instance.ts';

/** A request for a spot instance. EC2 keeps it when its instance is gone. */
export interface SpotRequest {
  readonly id: string;
  readonly instance: Ec2Instance;
  /** US dollars an hour */
  readonly maxPrice: string;
  readonly createdAt: Date;
  readonly tags: Record<string, string>;
  state: 'active' | 'closed' | 'disabled';
  status: SpotStatus;
}

export interface SpotStatus {
  /** e.g. `fulfilled`, `instance-terminated-no-capacity` */
  readonly code: string;
  readonly message: string;
  readonly updatedAt: Date;
}

/**
 * What EC2 says about a status, shortened:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html
 */
const MESSAGES: Readonly<Record<string, string>> = {
  fulfilled: 'Your Spot request is fulfilled.',
  'marked-for-termination': 'Your Spot Instance is marked for termination.',
  'instance-terminated-by-user': 'Spot Instance terminated due to user-initiated termination.',
  'instance-terminated-by-price': 'Your Spot Instance was terminated because your price was below the Spot price.',
  'instance-terminated-no-capacity':
    'Your Spot instance was terminated because there is no Spot capacity available that matches your request.',
  'instance-terminated-capacity-oversubscribed':
    'Your Spot instance was terminated because there are more requests than capacity at your price.',
  'instance-stopped-no-capacity':
    'Your Spot instance was stopped because there is no Spot capacity available that matches your request.',
};

export function spotStatus(code: string, updatedAt: Date): SpotStatus {
  return { code, message: MESSAGES[code] ?? code, updatedAt };
}
