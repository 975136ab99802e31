import { DescribeInstancesCommand, DescribeRegionsCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { departures } from '../../../helpers/ec2/documented.ts';
import { type Ec2Endpoint, ec2Endpoint, startEc2 } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, described, order, refusal } from './client.ts';

leakCheck();

type Row = readonly [what: string, parameters: Readonly<Record<string, string>>, departures: readonly string[]];

describe('what EC2 documents', () => {
  test.each<Row>([
    ['nothing at all', { Action: 'DescribeInstances', Version: '2016-11-15' }, []],
    ['lists and filters', { Action: 'DescribeInstances', 'Filter.1.Name': 'tag:a', 'Filter.1.Value.2': 'x' }, []],
    [
      'an unknown action',
      { Action: 'DescribeNothing' },
      ['InvalidAction: The action DescribeNothing is not valid for this web service.'],
    ],
    [
      'an unknown parameter',
      { Action: 'DescribeInstances', MaxResult: '5' },
      ['UnknownParameter: The parameter MaxResult is not recognized'],
    ],
    [
      'a list without numbers',
      { Action: 'DescribeInstances', InstanceId: 'i-1' },
      ['UnknownParameter: The parameter InstanceId is not recognized'],
    ],
    [
      'a list named by its members',
      { Action: 'DescribeInstances', 'InstanceIds.1': 'i-1' },
      ['UnknownParameter: The parameter InstanceIds.1 is not recognized'],
    ],
    [
      'text for a number',
      { Action: 'DescribeInstances', MaxResults: 'all' },
      ['InvalidParameterValue: Value (all) for parameter MaxResults is invalid.'],
    ],
    [
      'an unknown filter',
      { Action: 'DescribeInstances', 'Filter.1.Name': 'state', 'Filter.1.Value.1': 'running' },
      ["InvalidParameterValue: The filter 'state' is invalid"],
    ],
    [
      'a filter by no tag',
      { Action: 'DescribeInstances', 'Filter.1.Name': 'tag:' },
      ["InvalidParameterValue: The filter 'tag:' is invalid"],
    ],
    [
      'a missing list',
      { Action: 'TerminateInstances' },
      ['MissingParameter: The request must contain the parameter InstanceId'],
    ],
    [
      'missing numbers',
      { Action: 'RunInstances', ImageId: 'ami-1' },
      [
        'MissingParameter: The request must contain the parameter MaxCount',
        'MissingParameter: The request must contain the parameter MinCount',
      ],
    ],
    [
      'what is missing in a structure that is there',
      { Action: 'RunInstances', MinCount: '1', MaxCount: '1', 'CreditSpecification.X': '' },
      [
        'UnknownParameter: The parameter CreditSpecification.X is not recognized',
        'MissingParameter: The request must contain the parameter CreditSpecification.CpuCredits',
      ],
    ],
    [
      'a value that is none of the allowed ones',
      { Action: 'RunInstances', MinCount: '1', MaxCount: '1', 'InstanceMarketOptions.MarketType': 'cheap' },
      ['InvalidParameterValue: Value (cheap) for parameter InstanceMarketOptions.MarketType is invalid.'],
    ],
  ])('is held against %s', (_, parameters, expected) => {
    expect(departures(parameters).map(({ code, message }) => `${code}: ${message}`)).toEqual(expected);
  });
});

describe('a request that EC2 does not document', () => {
  /** One that its test closes itself, to see what that says. */
  async function unwatched(): Promise<Ec2Endpoint> {
    const endpoint = await startEc2();
    onTestFinished(() => endpoint.close());
    return endpoint;
  }

  test('is refused, and fails the test when its endpoint is closed', async () => {
    const endpoint = await unwatched();
    const Filters = [{ Name: 'state', Values: ['running'] }];
    expect(await refusal(described(clientOf(endpoint), { Filters }))).toBe(
      "InvalidParameterValue: The filter 'state' is invalid",
    );
    await expect(endpoint.close()).rejects.toThrow(
      "requests that EC2 does not document:\nDescribeInstances: InvalidParameterValue: The filter 'state' is invalid",
    );
  });

  test('fails the test even where a fault came before the refusal', async () => {
    const endpoint = await unwatched();
    endpoint.fail('*', { closes: 'before' });
    await refusal(clientOf(endpoint).send(new DescribeInstancesCommand({ Filters: [{ Name: 'state' }] })));
    expect(endpoint.takeViolations()).toHaveLength(1);
  });

  test('is one of an action that the endpoint does not have', async () => {
    const endpoint = await unwatched();
    expect(await refusal(clientOf(endpoint).send(new DescribeRegionsCommand({})))).toMatch(/^InvalidAction: /);
    expect(endpoint.takeViolations()).toHaveLength(1);
  });
});

test('a dry run says that it would have gone well, and does nothing', async () => {
  const endpoint = await ec2Endpoint();
  const request = clientOf(endpoint).send(new RunInstancesCommand(order(endpoint, { DryRun: true })));
  expect(await refusal(request)).toBe('DryRunOperation: Request would have succeeded, but DryRun flag is set.');
  expect(endpoint.instances).toEqual([]);
});
