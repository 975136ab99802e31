import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { ACCESS_KEYS, denied, THROTTLED } from '../../../helpers/ec2/faults.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, described, order, refusal, run } from './client.ts';

leakCheck();

describe('a fault', () => {
  test('of throttling is got over by the retries of the SDK', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.fail('DescribeInstances', THROTTLED, { times: 2 });
    expect(await described(clientOf(endpoint, { maxAttempts: 3 }))).toMatchObject([{ InstanceId: id }]);
    expect(endpoint.requests.map(({ answer }) => answer)).toEqual([
      'RequestLimitExceeded',
      'RequestLimitExceeded',
      'ok',
    ]);
  });

  test('that stays is told in its own words', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('*', { code: 'Unavailable', message: 'The service is <down>.', status: 503 });
    expect(await refusal(described(clientOf(endpoint, { maxAttempts: 2 })))).toBe(
      'Unavailable: The service is <down>.',
    );
    expect(endpoint.requests).toHaveLength(2);
  });

  test('after the deed makes the SDK ask again with the same token, and nothing is made twice', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('RunInstances', { closes: 'after' }, { times: 1 });
    const ids = await run(clientOf(endpoint, { maxAttempts: 2 }), order(endpoint));
    expect(endpoint.instances.map(({ id }) => id)).toEqual(ids);
    const asked = endpoint.requestsFor('RunInstances');
    expect(asked.map(({ answer }) => answer)).toEqual(['closed', 'ok']);
    expect(new Set(asked.map(({ parameters }) => parameters['ClientToken'])).size).toBe(1);
  });

  test('before the deed leaves nothing', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('RunInstances', { closes: 'before' });
    expect(await refusal(run(clientOf(endpoint), order(endpoint)))).toMatch(/socket hang up|ECONNRESET/);
    expect(endpoint.instances).toEqual([]);
  });

  test('may be nothing but a delay', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('DescribeInstances', { delayMs: 100 }, { times: 1 });
    const started = performance.now();
    expect(await described(clientOf(endpoint))).toEqual([]);
    // a timer may fire a moment early
    expect(performance.now() - started).toBeGreaterThan(95);
  });

  test('meets one action, one region, one key, so often as is said', async () => {
    const endpoint = await ec2Endpoint();
    const here = clientOf(endpoint);
    const there = clientOf(endpoint, { region: 'eu-west-1' });
    const other = clientOf(endpoint, { region: 'eu-west-1', accessKeyId: 'AKIAOTHER' });
    endpoint.fail('RunInstances', { code: 'VcpuLimitExceeded' });
    endpoint.fail(
      'DescribeInstances',
      { code: 'InternalError' },
      { region: 'eu-west-1', accessKeyId: 'AKIAOTHER', times: 1 },
    );
    expect(await described(here)).toEqual([]);
    expect(await described(there)).toEqual([]);
    expect(await refusal(described(other))).toBe('InternalError: InternalError');
    expect(await described(other)).toEqual([]);
  });

  test('of rights names the action, and the resource where there is one', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.fail('RunInstances', denied('RunInstances', 'us-east-1'));
    expect(await refusal(run(clientOf(endpoint), order(endpoint)))).toBe(
      'UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/tester ' +
        'is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:123456789012:instance/* because ' +
        'no identity-based policy allows the ec2:RunInstances action.',
    );
  });
});

test.each([
  [ACCESS_KEYS.unknown, /^AuthFailure: AWS was not able to validate the provided access credentials$/],
  [ACCESS_KEYS.expired, /^RequestExpired: Request has expired\.$/],
  [ACCESS_KEYS.denied, /^UnauthorizedOperation: .* is not authorized to perform: ec2:DescribeInstances because /],
])('the access key %s is refused', async (accessKeyId, message) => {
  const endpoint = await ec2Endpoint();
  expect(await refusal(described(clientOf(endpoint, { accessKeyId })))).toMatch(message);
  expect(endpoint.requests[0]).toMatchObject({ accessKeyId, region: 'us-east-1' });
});
