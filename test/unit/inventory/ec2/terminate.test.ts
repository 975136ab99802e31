import { expect, test } from 'vitest';
import { ec2Endpoint } from '../../../helpers/ec2/endpoint.ts';
import { leakCheck } from '../../../helpers/leaks.ts';
import { cloudAt, refusal, REGION } from './cloud-at.ts';

leakCheck();

test('many are terminated, 200 at a time', async () => {
  const endpoint = await ec2Endpoint();
  const ids = Array.from({ length: 201 }, () => endpoint.add().id);
  await cloudAt(endpoint).terminate(REGION, ids);
  expect(endpoint.instances.filter(({ isAlive }) => isAlive)).toEqual([]);
  expect(endpoint.requestsFor('TerminateInstances')).toHaveLength(2);
});

test('those that are gone already do not spare the others', async () => {
  const endpoint = await ec2Endpoint();
  const [first, second, gone, forgotten] = [endpoint.add(), endpoint.add(), endpoint.add(), endpoint.add()];
  endpoint.terminate(gone.id);
  endpoint.forget(forgotten.id);
  await cloudAt(endpoint).terminate(REGION, [
    first.id,
    forgotten.id,
    gone.id,
    'i-0123456789abcdef0',
    second.id,
    first.id,
  ]);
  expect([first, second].map(({ isAlive }) => isAlive)).toEqual([false, false]);
  expect(endpoint.requestsFor('TerminateInstances').map(({ answer }) => answer)).toEqual([
    'InvalidInstanceID.NotFound',
    'ok',
  ]);
});

test('all are gone, or there are none: that is no error', async () => {
  const endpoint = await ec2Endpoint();
  const cloud = cloudAt(endpoint);
  await cloud.terminate(REGION, ['i-0123456789abcdef0', 'i-0123456789abcdef1']);
  await cloud.terminate(REGION, []);
  expect(endpoint.requests).toHaveLength(1);
});

test('one that is protected is told', async () => {
  const endpoint = await ec2Endpoint();
  const { id } = endpoint.add();
  const words = `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`;
  endpoint.fail('TerminateInstances', { code: 'OperationNotPermitted', message: words });
  const error = await refusal(cloudAt(endpoint).terminate(REGION, [id]));
  expect(error.message).toBe(
    `TerminateInstances in us-east-1 (${endpoint.url}) is not permitted (${words.slice(0, -1)}); take away the ` +
      'protection of the instance first',
  );
});
