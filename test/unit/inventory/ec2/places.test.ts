import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal, REGION } from './cloud-at.ts';

leakCheck();

test('zones are those that take new instances', async () => {
  const endpoint = await ec2Endpoint();
  endpoint.region().zoneStates.set('us-east-1b', 'impaired');
  expect(await cloudAt(endpoint).zones(REGION)).toEqual(['us-east-1a', 'us-east-1c']);
});

test('spot prices are those of now, of each type in each zone', async () => {
  const endpoint = await ec2Endpoint({ pageSize: 2 });
  const prices = await cloudAt(endpoint).spotPrices(REGION, ['t3.micro', 't3.small', 't3.micro']);
  expect(prices.sort((a, b) => a.hourlyPrice - b.hourlyPrice)).toEqual([
    { instanceType: 't3.micro', availabilityZone: 'us-east-1a', hourlyPrice: 0.0031 },
    { instanceType: 't3.micro', availabilityZone: 'us-east-1b', hourlyPrice: 0.00341 },
    { instanceType: 't3.micro', availabilityZone: 'us-east-1c', hourlyPrice: 0.00372 },
    { instanceType: 't3.small', availabilityZone: 'us-east-1a', hourlyPrice: 0.0062 },
    { instanceType: 't3.small', availabilityZone: 'us-east-1b', hourlyPrice: 0.00682 },
    { instanceType: 't3.small', availabilityZone: 'us-east-1c', hourlyPrice: 0.00744 },
  ]);
});

test('of a price that has just changed the newer one counts', async () => {
  const endpoint = await ec2Endpoint();
  const clock = { now: () => Date.now() - 6 * 3_600_000 };
  const prices = await cloudAt(endpoint, { clock }).spotPrices(REGION, ['t3.micro']);
  expect(prices.map(({ hourlyPrice }) => hourlyPrice).sort()).toEqual([0.0031, 0.00341, 0.00372]);
});

test('without a type nothing is asked', async () => {
  const endpoint = await ec2Endpoint();
  expect(await cloudAt(endpoint).spotPrices(REGION, [])).toEqual([]);
  expect(endpoint.requests).toEqual([]);
});

describe('a console', () => {
  test('shows what it has, decoded', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add({ console: 'Host key fingerprints: ä\r\n' });
    expect(await cloudAt(endpoint).consoleOutput(REGION, id)).toBe('Host key fingerprints: ä\r\n');
    expect(endpoint.requestsFor('GetConsoleOutput').map(({ parameters }) => parameters['Latest'])).toEqual(['true']);
  });

  test('that has nothing yet is null', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    expect(await cloudAt(endpoint).consoleOutput(REGION, id)).toBeNull();
  });

  test('of an instance type that cannot show the latest shows what was copied', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add({ instanceType: 't2.micro', console: 'booted' });
    endpoint.fail('GetConsoleOutput', { code: 'UnsupportedOperation' }, { times: 1 });
    expect(await cloudAt(endpoint).consoleOutput(REGION, id)).toBe('booted');
    expect(endpoint.requestsFor('GetConsoleOutput').map(({ parameters }) => parameters['Latest'])).toEqual([
      'true',
      undefined,
    ]);
  });

  test('of an instance that is not known is told', async () => {
    const endpoint = await ec2Endpoint();
    const { code, exitCode } = await refusal(cloudAt(endpoint).consoleOutput(REGION, 'i-0123456789abcdef0'));
    expect([code, exitCode]).toEqual(['aws-unknown-instance', 69]);
  });
});
