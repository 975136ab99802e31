import {
  CreateTagsCommand,
  DescribeInstancesCommand,
  DescribeInstanceStatusCommand,
  GetConsoleOutputCommand,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { clientOf, described, order, refusal, run, stateOf } from './client.ts';

leakCheck();

describe('the life of an instance', () => {
  test('is pending, then running with a public address', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const [id = ''] = await run(client, order(endpoint));
    expect(await described(client)).toMatchObject([{ InstanceId: id, State: { Code: 0, Name: 'pending' } }]);
    const [running] = await described(client);
    expect(running).toMatchObject({ State: { Code: 16, Name: 'running' }, PublicIpAddress: '203.0.113.1' });
    expect(await stateOf(client, id)).toBe('running');
  });

  test('is shutting down, then terminated without address or network, when it is terminated', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add();
    const { TerminatingInstances } = await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(TerminatingInstances).toEqual([
      {
        InstanceId: id,
        PreviousState: { Code: 16, Name: 'running' },
        CurrentState: { Code: 32, Name: 'shutting-down' },
      },
    ]);
    expect(await stateOf(client, id)).toBe('shutting-down');
    const [gone] = await described(client);
    expect(gone).toMatchObject({
      State: { Code: 48, Name: 'terminated' },
      StateReason: {
        Code: 'Client.UserInitiatedShutdown',
        Message: 'Client.UserInitiatedShutdown: User initiated shutdown',
      },
      StateTransitionReason: expect.stringMatching(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/),
    });
    for (const name of ['PublicIpAddress', 'PrivateIpAddress', 'VpcId', 'SubnetId'])
      expect(gone).not.toHaveProperty(name);
  });

  test('goes as fast as the test says, by answers or by time', async () => {
    const endpoint = await ec2Endpoint({ pace: { hiddenCalls: 1, pending: { calls: 2 }, shuttingDown: { ms: 50 } } });
    const client = clientOf(endpoint);
    const [id = ''] = await run(client, order(endpoint));
    expect(await refusal(stateOf(client, id))).toBe(
      `InvalidInstanceID.NotFound: The instance ID '${id}' does not exist`,
    );
    const states = [await stateOf(client, id), await stateOf(client, id), await stateOf(client, id)];
    expect(states).toEqual(['pending', 'pending', 'running']);
    endpoint.terminate(id);
    expect(await stateOf(client, id)).toBe('shutting-down');
    await waitFor('the end', async () => (await stateOf(client, id)) === 'terminated');
  });

  test('leaves a terminated one as it is, and knows a forgotten one no more', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add({ state: 'terminated' });
    const { TerminatingInstances } = await client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(TerminatingInstances).toMatchObject([
      { PreviousState: { Name: 'terminated' }, CurrentState: { Name: 'terminated' } },
    ]);
    endpoint.forget(id);
    expect(await described(client)).toEqual([]);
    expect(await refusal(stateOf(client, id))).toMatch(/^InvalidInstanceID.NotFound: /);
  });

  test('terminates none where one is unknown', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add();
    const request = client.send(new TerminateInstancesCommand({ InstanceIds: [id, 'i-0dead', 'i-0beef'] }));
    expect(await refusal(request)).toBe("InvalidInstanceID.NotFound: The instance IDs 'i-0dead, i-0beef' do not exist");
    expect(endpoint.instance(id).state).toBe('running');
    expect(await refusal(stateOf(client, 'web-1'))).toBe('InvalidInstanceID.Malformed: Invalid id: "web-1"');
  });
});

describe('a description', () => {
  test('comes in pages, and the SDK follows them', async () => {
    const endpoint = await ec2Endpoint({ pageSize: 2 });
    const client = clientOf(endpoint);
    const made = [
      ...(await run(client, order(endpoint, { MinCount: 3, MaxCount: 3 }))),
      endpoint.add().id,
      endpoint.add().id,
    ];
    const pages = [];
    for await (const { Reservations = [] } of paginateDescribeInstances({ client }, {})) {
      pages.push(Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId)));
    }
    expect(pages).toEqual([made.slice(0, 2), made.slice(2, 4), made.slice(4)]);
    expect(endpoint.requestsFor('DescribeInstances').map(({ parameters }) => 'NextToken' in parameters)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('has pages as large as they are asked for, within what EC2 allows', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    for (let count = 0; count < 7; count += 1) endpoint.add();
    const asked = client.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    expect((await asked).Reservations).toHaveLength(5);
    expect(await refusal(described(client, { MaxResults: 4 }))).toBe(
      'InvalidParameterValue: Value (4) for parameter MaxResults is invalid. Expecting a value between 5 and 1000.',
    );
    expect(await refusal(described(client, { MaxResults: 5, InstanceIds: ['i-0dead'] }))).toMatch(
      /^InvalidParameterCombination: /,
    );
    expect(await refusal(described(client, { NextToken: 'made-up' }))).toBe(
      'InvalidParameterValue: Unable to parse pagination token',
    );
  });

  test.each([
    ['tag:role', ['web'], ['a']],
    ['tag:role', ['web', 'db'], ['a', 'b']],
    ['tag:role', ['w*', '?b'], ['a', 'b']],
    ['tag:role', ['*'], ['a', 'b']],
    ['tag-key', ['Name'], ['a', 'b', 'c', '*?']],
    ['tag-key', ['role'], ['a', 'b']],
    ['instance-state-name', ['stopped', 'running'], ['a', 'b', 'c']],
    ['instance-state-name', ['stopped'], ['c']],
    ['instance-lifecycle', ['spot'], ['a', 'c']],
    ['availability-zone', ['us-east-1c'], ['b']],
    ['instance-type', ['t3.*'], ['a', 'b', 'c']],
    ['tag:role', ['w.b'], []],
    ['tag:role', ['\\web'], ['a']],
    ['tag:role', ['w\\*'], []],
    ['tag:Name', ['\\*\\?'], ['*?']],
  ])('is filtered by %s %j', async (name, values, expected) => {
    const endpoint = await ec2Endpoint();
    endpoint.add({ tags: { Name: 'a', role: 'web' } });
    endpoint.add({ tags: { Name: 'b', role: 'db' }, lifecycle: 'on-demand', zone: 'us-east-1c' });
    endpoint.add({ tags: { Name: 'c' }, state: 'stopped' });
    endpoint.add({ tags: { Name: '*?' }, state: 'terminated', lifecycle: 'on-demand', instanceType: 'm5.large' });
    const found = await described(clientOf(endpoint), { Filters: [{ Name: name, Values: values }] });
    expect(found.map(({ Tags = [] }) => Tags.find(({ Key }) => Key === 'Name')?.Value)).toEqual(expected);
  });

  test('passes all filters at once', async () => {
    const endpoint = await ec2Endpoint();
    const both = endpoint.add({ tags: { role: 'web', env: 'test' } });
    endpoint.add({ tags: { role: 'web' } });
    const Filters = [
      { Name: 'tag:role', Values: ['web'] },
      { Name: 'tag:env', Values: ['test'] },
      { Name: 'instance-id', Values: [both.id] },
    ];
    expect(await described(clientOf(endpoint), { Filters })).toMatchObject([{ InstanceId: both.id }]);
  });

  test('is of one region, that of the signature', async () => {
    const endpoint = await ec2Endpoint();
    const here = endpoint.add();
    const there = endpoint.add({ region: 'eu-west-1' });
    const clients = [clientOf(endpoint), clientOf(endpoint, { region: 'eu-west-1' })];
    const found = await Promise.all(clients.map((client) => described(client)));
    expect(found).toMatchObject([[{ InstanceId: here.id }], [{ InstanceId: there.id }]]);
    expect(found[1]?.[0]?.Placement?.AvailabilityZone).toBe('eu-west-1a');
    expect(endpoint.requests.map(({ region }) => region).sort()).toEqual(['eu-west-1', 'us-east-1']);
    expect(await refusal(described(clientOf(endpoint, { region: 'us-est-1' })))).toBe(
      'SignatureDoesNotMatch: Credential should be scoped to a valid region. ',
    );
  });
});

describe('of an instance are told', () => {
  test('its console, once there is something', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add();
    const ask = () => client.send(new GetConsoleOutputCommand({ InstanceId: id }));
    expect((await ask()).Output).toBeUndefined();
    endpoint.setConsole(id, 'cloud-init: ä <b>\n');
    expect(Buffer.from((await ask()).Output ?? '', 'base64').toString()).toBe('cloud-init: ä <b>\n');
    endpoint.setConsole(id, `${'x'.repeat(64 * 1024)}the end`);
    const output = Buffer.from((await ask()).Output ?? '', 'base64').toString();
    expect([output.length, output.endsWith('xthe end')]).toEqual([64 * 1024, true]);
  });

  test('its status while it runs, and otherwise where that is asked for', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const [up, down] = [endpoint.add(), endpoint.add({ state: 'stopped' })];
    const running = await client.send(new DescribeInstanceStatusCommand({}));
    expect(running.InstanceStatuses).toMatchObject([{ InstanceId: up.id, InstanceStatus: { Status: 'ok' } }]);
    const all = await client.send(new DescribeInstanceStatusCommand({ IncludeAllInstances: true }));
    expect(all.InstanceStatuses).toMatchObject([{ InstanceId: up.id }, { InstanceId: down.id }]);
  });

  test('the tags that it is given later', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add({ tags: { a: '1', b: '2' } });
    const tag = (Resources: string[], Key: string) =>
      client.send(new CreateTagsCommand({ Resources, Tags: [{ Key, Value: 'new' }] }));
    await tag([id], 'b');
    expect((await described(client))[0]?.Tags).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: 'new' },
    ]);
    expect(await refusal(tag([id, 'sg-0dead'], 'c'))).toBe("InvalidID: The ID 'sg-0dead' is not valid");
    expect(await refusal(tag([id], 'aws:x'))).toMatch(/^InvalidParameterValue: Tag keys starting with 'aws:'/);
    expect(endpoint.instance(id).tags).toEqual({ a: '1', b: 'new' });
  });
});
