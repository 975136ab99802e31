import {
  DescribeSpotInstanceRequestsCommand,
  DescribeSpotPriceHistoryCommand,
  paginateDescribeSpotPriceHistory,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { clientOf, described, order, refusal, run } from './client.ts';

leakCheck();

describe('a spot request', () => {
  test('is fulfilled, with the price and the tags of the launch', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const [id] = await run(
      client,
      order(endpoint, {
        InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { MaxPrice: '0.02' } },
        TagSpecifications: [{ ResourceType: 'spot-instances-request', Tags: [{ Key: 'a', Value: 'b' }] }],
      }),
    );
    const { SpotInstanceRequests = [] } = await client.send(new DescribeSpotInstanceRequestsCommand({}));
    expect(SpotInstanceRequests).toMatchObject([
      {
        InstanceId: id,
        State: 'active',
        Status: { Code: 'fulfilled', Message: 'Your Spot request is fulfilled.' },
        SpotPrice: '0.020000',
        Tags: [{ Key: 'a', Value: 'b' }],
        LaunchedAvailabilityZone: 'us-east-1a',
      },
    ]);
    const [instance] = await described(client);
    expect(instance?.SpotInstanceRequestId).toBe(SpotInstanceRequests[0]?.SpotInstanceRequestId);
  });

  test('says when and why its instance was taken back', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const [{ id }, other] = [endpoint.add(), endpoint.add()];
    const at = new Date('2026-01-31T12:00:00.000Z');
    endpoint.reclaim(id, { at, status: 'instance-terminated-by-price' });
    const Filters = [{ Name: 'instance-id', Values: [id] }];
    const { SpotInstanceRequests } = await client.send(new DescribeSpotInstanceRequestsCommand({ Filters }));
    expect(SpotInstanceRequests).toMatchObject([
      {
        State: 'closed',
        Status: {
          Code: 'instance-terminated-by-price',
          Message: 'Your Spot Instance was terminated because your price was below the Spot price.',
          UpdateTime: at,
        },
      },
    ]);
    expect(await described(client)).toMatchObject([
      {
        State: { Name: 'shutting-down' },
        StateReason: {
          Code: 'Server.SpotInstanceTermination',
          Message: 'Server.SpotInstanceTermination: Spot instance termination',
        },
        StateTransitionReason: 'Service initiated (2026-01-31 12:00:00 GMT)',
      },
      { InstanceId: other.id, State: { Name: 'running' } },
    ]);
    expect(await described(client)).toMatchObject([{ State: { Name: 'terminated' } }, {}]);
  });

  test('is marked two minutes before, while the instance runs', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add();
    endpoint.markForTermination(id);
    const { SpotInstanceRequests } = await client.send(new DescribeSpotInstanceRequestsCommand({}));
    expect(SpotInstanceRequests).toMatchObject([{ State: 'active', Status: { Code: 'marked-for-termination' } }]);
    expect(await described(client)).toMatchObject([{ State: { Name: 'running' } }]);
  });

  test('may be all that tells why, with no reason at the instance', async () => {
    const endpoint = await ec2Endpoint();
    const { id } = endpoint.add();
    endpoint.reclaim(id, { isReasonUntold: true });
    const [lost] = await described(clientOf(endpoint));
    expect(lost?.StateReason).toBeUndefined();
    expect(lost?.StateTransitionReason).toMatch(/^Service initiated \(/);
  });

  test('may only stop its instance', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const { id } = endpoint.add();
    endpoint.reclaim(id, { status: 'instance-stopped-no-capacity' });
    expect(await described(client)).toMatchObject([{ State: { Name: 'stopping' } }]);
    expect(await described(client)).toMatchObject([{ State: { Name: 'stopped' } }]);
  });

  test('ends with the user where the user ends it, and is none where it is paid on demand', async () => {
    const endpoint = await ec2Endpoint();
    const client = clientOf(endpoint);
    const [spot, paid] = [endpoint.add(), endpoint.add({ lifecycle: 'on-demand' })];
    endpoint.terminate(spot.id);
    const { SpotInstanceRequests } = await client.send(new DescribeSpotInstanceRequestsCommand({}));
    expect(SpotInstanceRequests).toMatchObject([{ State: 'closed', Status: { Code: 'instance-terminated-by-user' } }]);
    expect(() => endpoint.reclaim(paid.id)).toThrow(`${paid.id} is no spot instance: nobody takes it back`);
    const unknown = client.send(new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: ['sir-dead'] }));
    expect(await refusal(unknown)).toBe(
      "InvalidSpotInstanceRequestID.NotFound: The spot instance request ID 'sir-dead' does not exist",
    );
  });
});

describe('spot prices', () => {
  test('are those of now where the history begins now, by zone', async () => {
    const endpoint = await ec2Endpoint();
    endpoint.region().setSpotPrice('t3.micro', 'us-east-1c', 0.009);
    const { SpotPriceHistory = [] } = await clientOf(endpoint).send(
      new DescribeSpotPriceHistoryCommand({
        InstanceTypes: ['t3.micro'],
        ProductDescriptions: ['Linux/UNIX'],
        StartTime: new Date(),
      }),
    );
    expect(
      SpotPriceHistory.map(({ AvailabilityZone, SpotPrice }) => `${AvailabilityZone} ${SpotPrice}`).sort(),
    ).toEqual(['us-east-1a 0.003100', 'us-east-1b 0.003410', 'us-east-1c 0.009000']);
  });

  test('were others before, newest first, in pages', async () => {
    const endpoint = await ec2Endpoint({ pageSize: 4 });
    const client = clientOf(endpoint);
    const pages = [];
    for await (const page of paginateDescribeSpotPriceHistory({ client }, { InstanceTypes: ['t3.micro'] })) {
      pages.push(page.SpotPriceHistory ?? []);
    }
    expect(pages.map(({ length }) => length)).toEqual([4, 4, 1]);
    const all = pages.flat();
    expect(new Set(all.map(({ SpotPrice, AvailabilityZone }) => `${AvailabilityZone} ${SpotPrice}`)).size).toBe(9);
    const times = all.map(({ Timestamp }) => Number(Timestamp));
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  test('of a type that EC2 does not have are refused', async () => {
    const endpoint = await ec2Endpoint();
    const request = clientOf(endpoint).send(
      new DescribeSpotPriceHistoryCommand({ InstanceTypes: ['t9.huge' as 't3.micro'] }),
    );
    expect(await refusal(request)).toBe("InvalidParameterValue: Invalid value 't9.huge' for InstanceType.");
  });
});
