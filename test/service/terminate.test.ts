import { describe, expect, test } from 'vitest';
import { newInstance } from '../../src/model/instance.ts';
import { ec2Endpoint } from '../helpers/ec2/endpoint.ts';
import { cloudAt, REGION } from '../unit/inventory/ec2/cloud-at.ts';
import { CALLER, type Fixture, openFixture, refusalOf, SETTINGS } from './support.ts';

async function aFixture(): Promise<{
  fixture: Fixture;
  endpoint: Awaited<ReturnType<typeof ec2Endpoint>>;
  id: string;
}> {
  const endpoint = await ec2Endpoint();
  const { id } = endpoint.add({ tags: { Name: 'web-1' } });
  const fixture = await openFixture({
    openCloud: () => Promise.resolve(cloudAt(endpoint)),
    settings: { ...SETTINGS, tags: { team: 'web' } },
  });
  const tags = { team: 'web' };
  fixture.add(newInstance(id, { name: 'web-1', source: 'ec2', region: REGION, tags, publicIp: '10.0.0.1' }));
  return { fixture, endpoint, id };
}

describe('an instance that is to be terminated', () => {
  test('is ordered to end, and nobody waits until it has', async () => {
    const { fixture, endpoint, id } = await aFixture();
    const ended = await fixture.service.terminate('web-1', CALLER);
    expect(ended).toMatchObject({ instanceId: id, state: 'shutting-down' });
    expect(fixture.service.instance(id)).toEqual(ended);
    expect(endpoint.instances.filter(({ isAlive }) => isAlive)).toEqual([]);
    expect(endpoint.requests.map(({ action }) => action)).toEqual(['TerminateInstances']);
  });

  test('and ends already is left alone', async () => {
    const { fixture, endpoint, id } = await aFixture();
    await fixture.service.terminate(id, CALLER);
    expect(await fixture.service.terminate(id, CALLER)).toMatchObject({ state: 'shutting-down' });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('and that EC2 protects stays as it is, and says why', async () => {
    const { fixture, endpoint, id } = await aFixture();
    endpoint.fail('TerminateInstances', { code: 'OperationNotPermitted', message: 'it is protected.' });
    const error = await refusalOf(() => fixture.service.terminate(id, CALLER));
    expect(error.code).toMatch(/^aws-/);
    expect(fixture.service.instance(id).state).toBe('running');
  });

  test.each([
    ['i-hand', 'instance-not-ec2', 'i-hand was added by hand, and is not from EC2; forget it with spot remove'],
    ['i-other', 'instance-other-tags', 'i-other has other tags than aws.tags asks for, and is left alone'],
    ['i-9', 'instance-unknown', 'no instance has the id or name "i-9"; see which there are'],
  ])('is refused: %s', async (word, code, message) => {
    const { fixture, endpoint } = await aFixture();
    fixture.add('i-hand', newInstance('i-other', { source: 'ec2', region: REGION, tags: { team: 'db' } }));
    expect(await refusalOf(() => fixture.service.terminate(word, CALLER))).toMatchObject({ code, message });
    expect(endpoint.requests).toEqual([]);
  });
});

test('an instance is found by its id or name, in whatever state', async () => {
  const { fixture, id } = await aFixture();
  fixture.add(newInstance('i-2', { name: 'old', state: 'terminated' }));
  expect(fixture.service.instance('web-1').instanceId).toBe(id);
  expect(fixture.service.instance('old').state).toBe('terminated');
  expect(await refusalOf(() => fixture.service.instance('x'))).toMatchObject({ code: 'instance-unknown' });
});
