import { describe, expect, test } from 'vitest';
import type { CreateRequest } from '../../src/service/api.ts';
import { CALLER, contentOf, type Fixture, openFixture, refusalOf } from './support.ts';

type InstanceRequest = CreateRequest['instances'][number];

function asked(changes: Partial<InstanceRequest> = {}): InstanceRequest {
  return {
    provider: 'aws',
    region: 'eu-central-1',
    size: 't3.micro',
    name: null,
    payload: null,
    execute: false,
    remotePath: null,
    timeoutMs: null,
    ...changes,
  };
}

function kindsOf({ service }: Fixture, deploymentId: string): string[] {
  return service.tasksOf(deploymentId).map(({ kind, status }) => `${kind} ${status}`);
}

describe('new instances', () => {
  test('are ordered with as many tasks as each needs', async () => {
    const fixture = await openFixture();
    const payload = { path: fixture.script('setup.sh') };
    const { deployments, taskIds, errors } = await fixture.service.create(
      { instances: [asked(), asked({ payload }), asked({ payload, execute: true, name: 'web-1', timeoutMs: 5000 })] },
      CALLER,
    );
    expect(errors).toEqual([]);
    expect(deployments.map(({ id }) => kindsOf(fixture, id))).toEqual([
      ['instance_create queued'],
      ['instance_create queued', 'payload_transfer waiting'],
      ['instance_create queued', 'payload_transfer waiting', 'payload_execute waiting'],
    ]);
    expect(taskIds).toHaveLength(6);
    expect(deployments[2]).toMatchObject({
      instanceId: null,
      runId: null,
      status: 'pending',
      order: {
        create: { provider: 'aws', region: 'eu-central-1', size: 't3.micro', name: 'web-1' },
        payload: { name: 'setup.sh', version: 1 },
        execute: true,
        timeoutMs: 5000,
      },
    });
    expect(deployments[0]?.order).toMatchObject({ payload: null, execute: false });
    expect(fixture.state.runs.list()).toEqual([]);
    expect(fixture.deps.queue.counts()).toEqual({ due: 3, putOff: 0, claimed: 0 });
  });

  test('without a payload have nothing to execute, whatever is asked for', async () => {
    const fixture = await openFixture();
    const { deployments } = await fixture.service.create({ instances: [asked({ execute: true })] }, CALLER);
    expect(kindsOf(fixture, deployments[0]?.id ?? '')).toEqual(['instance_create queued']);
    expect(deployments[0]?.order.execute).toBe(false);
  });

  test.each<[string, Partial<InstanceRequest>, string, string]>([
    [
      'another provider',
      { provider: 'gcp' as 'aws' },
      'provider-unknown',
      'instances[1].provider: "gcp" is none that instances are created at; write aws',
    ],
    [
      'a region that is none',
      { region: 'Frankfurt' },
      'bad-region',
      'instances[1].region: "Frankfurt" is not an AWS region; write it like us-east-1',
    ],
    [
      'a size that is none',
      { size: 'big' },
      'bad-size',
      'instances[1].size: "big" is not an instance type; write it like t3.micro',
    ],
    [
      'a name with a comma',
      { name: 'a,b' },
      'bad-name',
      'instances[1].name: "a,b" cannot be a name; take 1 to 256 characters, none of them a comma',
    ],
    [
      'a relative remote path',
      { remotePath: 'x.sh' },
      'bad-remote-path',
      "remote_path 'x.sh' is neither absolute nor below ~/; give a whole path like /opt/deploy.sh or ~/deploy.sh",
    ],
    [
      'no time',
      { timeoutMs: 0 },
      'bad-timeout',
      'timeout: 0 ms cannot be used; the least is 1 ms, and the most 24 days',
    ],
  ])('with %s are errors of their own, and the others are ordered', async (_, changes, code, message) => {
    const { service } = await openFixture();
    const { deployments, errors } = await service.create({ instances: [asked(), asked(changes), asked()] }, CALLER);
    expect(errors).toEqual([{ code, message, instance: changes.name ?? 'instances[1]' }]);
    expect(deployments).toHaveLength(2);
  });

  test('are named by their sizes and regions as EC2 writes them', async () => {
    const { service } = await openFixture();
    const sizes = ['t3.micro', 'u-6tb1.56xlarge', 'mac2-m2pro.metal', 'm7i-flex.large', 'p4de.24xlarge'];
    const regions = ['us-east-1', 'ap-southeast-2', 'us-gov-west-1', 'cn-north-1', 'us-iso-east-1'];
    const instances = sizes.map((size, index) => asked({ size, region: regions[index] ?? '' }));
    expect((await service.create({ instances }, CALLER)).errors).toEqual([]);
  });

  test('whose payload is missing, or has to be given values, are not ordered', async () => {
    const fixture = await openFixture();
    await fixture.register('needy', { environment: ['TOKEN'] });
    const payload = { reference: 'needy' };
    const request = {
      instances: [
        asked({ payload: { path: fixture.script('x.sh').replace('x.sh', 'y.sh') } }),
        asked({ payload, execute: true, name: 'web' }),
        asked({ payload }),
      ],
    };
    const { deployments, errors } = await fixture.service.create(request, CALLER);
    expect(errors.map(({ code, instance }) => [code, instance])).toEqual([
      ['payload-not-found', 'instances[0]'],
      ['env-needed', 'web'],
    ]);
    expect(deployments).toHaveLength(1);
  });

  test.each([
    ['none', 0, 'no-instances', 'instances is empty; ask for at least one instance'],
    ['too many', 1001, 'too-many-instances', '1001 instances are asked for, and 1000 is the most at once'],
  ])('%s at all are refused', async (_, count, code, message) => {
    const fixture = await openFixture();
    const before = contentOf(fixture);
    const request = { instances: Array.from({ length: count }, () => asked()) };
    expect(await refusalOf(() => fixture.service.create(request, CALLER))).toMatchObject({ code, message });
    expect(contentOf(fixture)).toEqual(before);
  });
});
