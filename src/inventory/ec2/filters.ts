import type { Filter } from '@aws-sdk/client-ec2';
import type { Tags } from '../cloud.ts';

/** How many values EC2 takes in one filter. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
export const FILTER_VALUES = 200;

export function filter(name: string, ...values: readonly string[]): Filter {
  return { Name: name, Values: [...values] };
}

/** Those that have all of the tags, taken literally. */
export function tagFilters(tags: Tags): Filter[] {
  return Object.entries(tags).map(([key, value]) => filter(`tag:${key}`, value.replace(/[\\*?]/g, '\\$&')));
}
