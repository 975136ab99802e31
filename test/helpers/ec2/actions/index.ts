import type { Action } from '../call.ts';
import { createFleet } from './create-fleet.ts';
import { describeInstances } from './describe-instances.ts';
import { describeImages, describeInstanceTypes } from './images.ts';
import { createTags, describeInstanceStatus, getConsoleOutput } from './instance-details.ts';
import { describeKeyPairs, importKeyPair } from './key-pairs.ts';
import { createLaunchTemplate, deleteLaunchTemplate } from './launch-templates.ts';
import { describeAvailabilityZones, describeSubnets, describeVpcs } from './network.ts';
import { runInstances } from './run-instances.ts';
import { authorizeSecurityGroupIngress, createSecurityGroup, describeSecurityGroups } from './security-groups.ts';
import { describeSpotInstanceRequests, describeSpotPriceHistory } from './spot.ts';
import { terminateInstances } from './terminate-instances.ts';

/** By the name in a request. Another one needs its parameters in documented.json, too: scripts/ec2-parameters.js. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  AuthorizeSecurityGroupIngress: authorizeSecurityGroupIngress,
  CreateFleet: createFleet,
  CreateLaunchTemplate: createLaunchTemplate,
  CreateSecurityGroup: createSecurityGroup,
  CreateTags: createTags,
  DeleteLaunchTemplate: deleteLaunchTemplate,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstances: describeInstances,
  DescribeKeyPairs: describeKeyPairs,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSpotInstanceRequests: describeSpotInstanceRequests,
  DescribeSpotPriceHistory: describeSpotPriceHistory,
  DescribeSubnets: describeSubnets,
  DescribeVpcs: describeVpcs,
  GetConsoleOutput: getConsoleOutput,
  ImportKeyPair: importKeyPair,
  RunInstances: runInstances,
  TerminateInstances: terminateInstances,
};
