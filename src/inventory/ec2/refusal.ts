import { SpotError } from '../../model/errors.ts';

/** What EC2 refused something with, in its words. */
export interface Refusal {
  /** `InsufficientInstanceCapacity` */
  readonly code: string;
  readonly words: string;
}

/** Of an error that `Ec2Api` threw; null where EC2 was not asked or did not answer. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof SpotError)) return null;
  const { awsCode, awsMessage } = error.details;
  return typeof awsCode === 'string' && typeof awsMessage === 'string' ? { code: awsCode, words: awsMessage } : null;
}
