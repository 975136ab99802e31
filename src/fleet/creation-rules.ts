import { isRegion } from '../model/creation.ts';
import { usageError } from '../model/errors.ts';
import { quoteWord } from '../util/format.ts';

/** How many instances may be asked for at once: a typing error must not be expensive. */
export const MOST_CREATED = 1000;

/** Of the value of a tag: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
export const MOST_VALUE_CHARACTERS = 256;

/**
 * Checks what an instance is to be called, which becomes its tag `Name`.
 * @param what as whoever gave it calls it: `--name`
 * @throws SpotError `bad-name` (exit 64)
 */
export function checkInstanceName(name: string, what: string): string {
  if (name !== '' && name.length <= MOST_VALUE_CHARACTERS && !/[,\p{Cc}]/u.test(name)) return name;
  const message = `${what}: ${quoteWord(name)} cannot be a name; take 1 to ${MOST_VALUE_CHARACTERS} characters, none of them a comma`;
  throw usageError('bad-name', message);
}

/**
 * Checks the form of a region, not whether AWS has it.
 * @throws SpotError `bad-region` (exit 64)
 */
export function checkRegion(region: string, what: string): string {
  if (isRegion(region)) return region;
  throw usageError('bad-region', `${what}: ${quoteWord(region)} is not an AWS region; write it like us-east-1`);
}

/**
 * Checks the form of an instance type, not whether EC2 has it: `t3.micro`, `u-6tb1.56xlarge`.
 * @throws SpotError `bad-size` (exit 64)
 */
export function checkInstanceType(type: string, what: string): string {
  if (/^[a-z][a-z0-9-]{0,30}\.[a-z0-9-]{1,30}$/.test(type)) return type;
  throw usageError('bad-size', `${what}: ${quoteWord(type)} is not an instance type; write it like t3.micro`);
}
