import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS, THROTTLED } from '../../../helpers/ec2/faults.ts';
import type { Fault } from '../../../helpers/ec2/faults.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal, REGION } from './cloud-at.ts';
import { REFUSALS } from './refusals.ts';

leakCheck();

describe('what EC2 refuses', () => {
  test.each(REFUSALS)('%s, "%s", is %s', async (ec2Code, words, code, exitCode, message) => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('DescribeInstances', { code: ec2Code, message: words });
    const error = await refusal(cloudAt(endpoint).describe(REGION, {}, []));
    expect({ code: error.code, exitCode: error.exitCode, message: error.message }).toEqual({
      code,
      exitCode,
      message: message.replace('AT', `us-east-1 (${endpoint.url})`),
    });
    expect(error.details).toMatchObject({ awsCode: ec2Code });
    expect(error.cause).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 10 })).not.toMatch(/AWS4-HMAC|AKIA/);
  });

  test('names what is not allowed, for programs', async () => {
    const endpoint = await ec2Endpoint();
    const cloud = cloudAt(endpoint, { accessKeyId: ACCESS_KEYS.denied });
    expect((await refusal(cloud.terminate(REGION, ['i-0a']))).details).toMatchObject({
      awsCode: 'UnauthorizedOperation',
      action: 'ec2:TerminateInstances',
      resource: 'arn:aws:ec2:us-east-1:123456789012:instance/*',
      user: 'arn:aws:iam::123456789012:user/tester',
    });
  });
});

describe('what EC2 cannot answer now', () => {
  const CASES: readonly (readonly [Fault, string, string])[] = [
    [
      THROTTLED,
      'aws-throttled',
      'EC2 in AT takes no more requests of this account for now (RequestLimitExceeded, after several tries); wait a ' +
        'minute and try again',
    ],
    [
      { code: 'InternalError', message: 'An internal error has occurred', status: 500 },
      'aws-unavailable',
      'EC2 in AT cannot answer DescribeInstances (InternalError, HTTP 500); try again later',
    ],
    [
      { closes: 'before' },
      'aws-unreachable',
      'cannot reach EC2 in AT: the connection broke; check the network and aws.endpoint (AWS_ENDPOINT_URL)',
    ],
  ];

  test.each(CASES)('%o is asked for four times, and is then %s', async (fault, code, message) => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('DescribeInstances', fault);
    const error = await refusal(cloudAt(endpoint).describe(REGION, {}, []));
    expect({ code: error.code, exitCode: error.exitCode, message: error.message }).toEqual({
      code,
      exitCode: 69,
      message: message.replace('AT', `us-east-1 (${endpoint.url})`),
    });
    expect(endpoint.requestsFor('DescribeInstances')).toHaveLength(4);
  });

  test('a throttled request that gets through in the end is an answer', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.fail('DescribeInstances', THROTTLED, { times: 2 });
    expect(await cloudAt(endpoint).describe(REGION, {}, [])).toMatchObject([{ instanceId: id }]);
  });
});
