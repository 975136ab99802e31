import { describe, expect, test } from 'vitest';
import { newInstance } from '../../src/model/instance.ts';
import { CALLER, contentOf, openFixture, refusalOf, runOf } from './support.ts';

describe('a run that a client starts', () => {
  test('is one for all its instances, with all that the client says', async () => {
    const fixture = await openFixture();
    fixture.add('i-1', 'i-2');
    await fixture.register('needy', { environment: ['COLOUR=red', 'TOKEN'] });
    const { runId, payload, deployments, errors } = await fixture.service.startRun(
      runOf('', ['i-1', 'i-2'], {
        payload: { reference: 'needy' },
        args: ['--fast', 'a b'],
        environment: new Map([
          ['TOKEN', 'secret'],
          ['EMPTY', ''],
        ]),
        cleanup: true,
        exclusive: true,
        retries: 0,
        readyTimeoutMs: 5000,
        timeoutMs: 1234,
      }),
      CALLER,
    );
    expect(errors).toEqual([]);
    expect(payload).toMatchObject({ name: 'needy', version: 1 });
    expect(deployments.map((one) => [one.instanceId, one.runId])).toEqual([
      ['i-1', runId],
      ['i-2', runId],
    ]);
    expect(deployments[0]?.order).toEqual({
      create: null,
      payload,
      args: ['--fast', 'a b'],
      execute: true,
      remotePath: null,
      timeoutMs: 1234,
      cleanup: true,
      exclusive: true,
    });
    expect(fixture.state.runs.find(runId)?.plan).toMatchObject({
      args: ['--fast', 'a b'],
      environment: ['COLOUR', 'TOKEN', 'EMPTY'],
      cleanup: true,
      retries: 0,
      readyTimeoutMs: 5000,
      holder: `run ${runId} of ci@build-1`,
      limits: { executionTimeoutMs: 1234 },
    });
  });

  test('keeps the values it was given, and writes them nowhere else', async () => {
    const fixture = await openFixture();
    fixture.add('i-1');
    const environment = new Map([['TOKEN', 'value-that-nobody-may-see']]);
    const { runId } = await fixture.service.startRun(runOf(fixture.script('x.sh'), ['i-1'], { environment }), CALLER);
    expect(fixture.state.environments.of(runId)).toEqual(environment);
    fixture.events.flush();
    const told = fixture.state.runEvents.read(runId, 0, 100);
    const shown = JSON.stringify([fixture.state.runs.list(), contentOf(fixture), told]);
    expect(shown).toContain('TOKEN');
    expect(shown).not.toContain('value-that-nobody-may-see');
  });

  test('leaves out instances that come up, as their values would have nowhere to be', async () => {
    const fixture = await openFixture();
    fixture.add('i-1', newInstance('i-2', { state: 'pending' }));
    const { deployments, errors } = await fixture.service.startRun(
      runOf(fixture.script('x.sh'), ['i-2', 'i-1']),
      CALLER,
    );
    expect(deployments.map(({ instanceId }) => instanceId)).toEqual(['i-1']);
    const message = 'i-2 is pending; start the run when it is up';
    expect(errors).toEqual([{ code: 'instance-not-running', message, instance: 'i-2' }]);
  });
});

describe('a run that cannot be started', () => {
  test('says why of its only instance', async () => {
    const fixture = await openFixture();
    const request = runOf(fixture.script('x.sh'), ['i-9']);
    expect(await refusalOf(() => fixture.service.startRun(request, CALLER))).toMatchObject({
      code: 'instance-unknown',
      message: 'no instance has the id or name "i-9"; see which there are',
    });
  });

  test('says why of each of its instances', async () => {
    const fixture = await openFixture();
    fixture.add(newInstance('i-8', { state: 'pending' }));
    const request = runOf(fixture.script('x.sh'), ['i-8', 'i-9']);
    const error = await refusalOf(() => fixture.service.startRun(request, CALLER));
    expect(error).toMatchObject({
      code: 'no-instance-taken',
      message:
        'none of the 2 instances can be reached: no instance has the id or name "i-9"; see which there are, and others',
    });
    expect(error.details['errors']).toMatchObject([{ instance: 'i-9' }, { instance: 'i-8' }]);
    expect(fixture.state.runs.list()).toEqual([]);
  });

  test.each([
    ['NUL in an argument', { args: ['a\0b'] }, 'bad-args', /^an argument of the script holds a NUL character/],
    ['NUL in a value', { environment: new Map([['TOKEN', 'a\0b']]) }, 'bad-args', /^the value of TOKEN holds a NUL/],
    ['a bad name', { environment: new Map([['1X', '']]) }, 'bad-env-name', /^environment: '1X' cannot name a variable/],
    ['a name of ours', { environment: new Map([['SPOT_RUN_ID', '']]) }, 'reserved-env-name', /is set by spot itself/],
    ['too many tries', { retries: 101 }, 'bad-retries', /^retries: 101 is not a whole number from 0 to 100$/],
    ['no patience', { readyTimeoutMs: 0 }, 'bad-timeout', /^ready_timeout: 0 ms cannot be used/],
    [
      'arguments for what does not run',
      { execute: false, args: ['x'], cleanup: true },
      'contradiction',
      /^arguments and cleanup and a payload that is not executed exclude each other/,
    ],
  ])('is refused for %s', async (_, changes, code, message) => {
    const fixture = await openFixture();
    fixture.add('i-1');
    const request = runOf(fixture.script('x.sh'), ['i-1'], changes);
    const error = await refusalOf(() => fixture.service.startRun(request, CALLER));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(fixture.state.runs.list()).toEqual([]);
  });
});
