import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { type CloudProject, cloudProject } from './creating.ts';

leakCheck();

/** Zones of the instances that live, in the order of their launch. */
function zones(project: CloudProject): string[] {
  const alive = project.ec2.endpoint.instances.filter(({ isAlive }) => isAlive);
  return alive.map(({ birth }) => birth.zone).sort();
}

/** Without the long words of EC2, and the times. */
function shortened(stderr: string): string {
  return stderr.replace(/ \([A-Z]\w+: .*\)$/gm, ' (…)');
}

describe.skipIf(requireProgram('sshd') === null)('where a place is full', () => {
  test('the next one is asked for what is missing, and that is said', async () => {
    const project = await cloudProject();
    for (const zone of ['us-east-1a', 'us-east-1b', 'us-east-1c']) project.ec2.endpoint.limit({ zone }, 1);
    const { stderr, exitCode } = await project.run(['create', '--count', '3']);
    expect({ stderr, exitCode }).toMatchObject({ exitCode: 0 });
    expect(zones(project)).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c']);
    expect(shortened(stderr)).toContain('us-east-1: 1 of 3 created; trying us-east-1a\n');
    expect(shortened(stderr)).toContain(
      'spot: note: cannot have t3.micro in us-east-1a: there is no room (…)\nus-east-1a: 1 of 3 created; trying us-east-1b\n',
    );
    expect(stderr).toContain('3 of 3 instances ready');
  });

  test('the next region is tried, and what is missing in the end is said and has a code of its own', async () => {
    const project = await cloudProject();
    for (const region of ['us-east-1', 'eu-west-1']) project.ec2.endpoint.limit({ region }, 1);
    const args = ['create', '--count', '3', '--region', 'us-east-1', '--region', 'eu-west-1', '--json'];
    const { stderr, stdout, exitCode } = await project.run(args);
    expect(exitCode).toBe(69);
    expect(zones(project)).toEqual(['eu-west-1a', 'us-east-1a']);
    expect(stderr).toContain('us-east-1c: 1 of 3 created; trying eu-west-1\n');
    expect(stderr).toContain('eu-west-1c: 2 of 3 created; no place is left\n');
    expect(stderr).toContain('2 of 2 instances ready');
    expect(stderr).toMatch(/\nspot: 2 of 3 instances came up: 1 not to be had; ask for the rest with --count 1, .*\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ creation: { count: 3, created: 2, exit_code: 69 } });
  });

  test('of several types another one is taken, by one call a region', async () => {
    const project = await cloudProject();
    project.ec2.endpoint.limit({ instanceType: 't3.micro' }, 0);
    const { exitCode } = await project.run(['create', '--instance-type', 't3.micro', '--instance-type', 't3.small']);
    expect(exitCode).toBe(0);
    expect(project.ec2.endpoint.instances.map(({ birth }) => birth.instanceType)).toEqual(['t3.small']);
    expect(project.ec2.endpoint.requestsFor('CreateFleet')).toHaveLength(1);
    expect(project.ec2.endpoint.requestsFor('RunInstances')).toEqual([]);
  });

  test('nowhere is room: nothing was created, and nothing is waited for', async () => {
    const project = await cloudProject();
    project.ec2.endpoint.limit({}, 0);
    const { stderr, exitCode } = await project.run(['create', '--payload', 'true.sh'].slice(0, 1));
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(/\nspot: 0 of 1 instance came up: 1 not to be had; .*\n$/);
  });
});

describe.skipIf(requireProgram('sshd') === null)('an instance that ends before it runs', () => {
  test('is said with its reason, and not replaced: the others are used', async () => {
    const project = await cloudProject({ pace: { pending: { ms: 1500 } } });
    const creating = project.start(['create', '--count', '2', '--name', 'web']);
    const { endpoint } = project.ec2;
    await creating.saw('asking for 2');
    while (endpoint.instances.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    const [first] = project.ids;
    const broken = endpoint.instance(first ?? '');
    broken.reason = { code: 'Server.InternalError', message: 'Server.InternalError: Internal error on launch' };
    endpoint.setState(broken.id, 'terminated');
    const { stderr, exitCode } = await creating.result;
    expect(exitCode).toBe(69);
    expect(stderr).toContain(
      `web (${broken.id})  ended before it was ready: Server.InternalError: Internal error on launch\n`,
    );
    expect(stderr).toContain('1 of 1 instance ready');
    expect(stderr).toContain('spot: 1 of 2 instances came up: 1 ended before it was ready; ');
    await broken.backing?.stop?.();
  });
});

describe.skipIf(requireProgram('sshd') === null)('--no-wait', () => {
  test('is over when EC2 has taken the order', async () => {
    const project = await cloudProject({ pace: { pending: { ms: 60_000 } } });
    const { stderr, exitCode } = await project.run(['create', '--count', '2', '--no-wait']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`ordered: ${project.ids.join(', ')}\n  see when they run: spot sync\n`);
    expect(project.rows('SELECT state FROM instances')).toEqual([{ state: 'pending' }, { state: 'pending' }]);
  });
});
