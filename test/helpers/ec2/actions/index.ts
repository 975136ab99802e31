import type { Action } from '../call.ts';
import { describeInstances } from './describe-instances.ts';
import { runInstances } from './run-instances.ts';
import { terminateInstances } from './terminate-instances.ts';

export const ACTIONS: Readonly<Record<string, Action>> = {
  DescribeInstances: describeInstances,
  RunInstances: runInstances,
  TerminateInstances: terminateInstances,
};
