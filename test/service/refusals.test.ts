import { describe, expect, test } from 'vitest';
import { problemEntry } from '../../src/service/problems.ts';
import { CALLER, contentOf, deployOf, openFixture, refusalOf } from './support.ts';

describe('a request that makes no sense is refused before anything is written', () => {
  test.each([
    ['no instance', { instanceIds: [] }, 'no-instances', 'instance_ids is empty; name at least one instance'],
    [
      'too many instances',
      { instanceIds: Array.from({ length: 10_001 }, (_, index) => `i-${index}`) },
      'too-many-instances',
      'instance_ids names 10001 instances, and 10000 is the most; send several requests',
    ],
    [
      'a relative remote path',
      { remotePath: 'bin/x.sh' },
      'bad-remote-path',
      "remote_path 'bin/x.sh' is neither absolute nor below ~/; give a whole path like /opt/deploy.sh or ~/deploy.sh",
    ],
    [
      'a remote path that climbs',
      { remotePath: '/opt/../etc/passwd' },
      'bad-remote-path',
      "remote_path '/opt/../etc/passwd' holds ..; give a whole path like /opt/deploy.sh or ~/deploy.sh",
    ],
    [
      'no time',
      { timeoutMs: 0 },
      'bad-timeout',
      'timeout: 0 ms cannot be used; the least is 1 ms, and the most 24 days',
    ],
    [
      'half a ms',
      { timeoutMs: 1.5 },
      'bad-timeout',
      'timeout: 1.5 ms cannot be used; the least is 1 ms, and the most 24 days',
    ],
    [
      'a month',
      { timeoutMs: 30 * 86_400_000 },
      'bad-timeout',
      'timeout: 720h00m cannot be used; the least is 1 ms, and the most 24 days',
    ],
    [
      'NaN',
      { timeoutMs: NaN },
      'bad-timeout',
      'timeout: NaN ms cannot be used; the least is 1 ms, and the most 24 days',
    ],
    [
      'an unknown payload',
      { payload: { reference: 'nothing' } },
      'no-such-payload',
      expect.stringContaining('nothing'),
    ],
  ])('%s', async (_, changes, code, message) => {
    const fixture = await openFixture();
    fixture.add('i-1');
    const before = contentOf(fixture);
    const request = deployOf(fixture.script('deploy.sh'), ['i-1'], changes);
    const error = await refusalOf(() => fixture.service.deploy(request, CALLER));
    expect(error).toMatchObject({ code, message });
    expect(contentOf(fixture)).toEqual(before);
  });

  test('a payload that has to be given values, unless it is only put in place', async () => {
    const fixture = await openFixture();
    fixture.add('i-1');
    await fixture.register('needy', { environment: ['COLOUR=red', 'TOKEN', 'USER_NAME'] });
    const request = deployOf('', ['i-1'], { payload: { reference: 'needy@1' } });
    expect(await refusalOf(() => fixture.service.deploy(request, CALLER))).toMatchObject({
      code: 'env-needed',
      message:
        'needy@1 is run with TOKEN, USER_NAME; give the values with spot upload-script --via, or register it with values',
    });
    const { deployments } = await fixture.service.deploy({ ...request, execute: false }, CALLER);
    expect(fixture.state.runs.find(deployments[0]?.runId ?? '')?.plan.environment).toEqual([]);
  });

  test('every one of these codes is told to callers', () => {
    const codes = [
      'no-instances',
      'too-many-instances',
      'bad-remote-path',
      'bad-timeout',
      'no-such-payload',
      'env-needed',
    ];
    const ofInstances = ['unknown', 'not-running', 'no-address', 'ambiguous', 'other-tags'];
    for (const code of [...codes, ...ofInstances.map((word) => `instance-${word}`)]) {
      expect([code, problemEntry(code)]).not.toEqual([code, null]);
    }
  });
});
