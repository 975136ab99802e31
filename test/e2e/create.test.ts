import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { type CloudProject, cloudProject } from './creating.ts';
import { shownFor } from './ec2-project.ts';
import { shapeOf } from './reader.ts';

leakCheck();

const SETUP = '#!/bin/sh\necho "set up $SPOT_INSTANCE_ID with $# words and $(ls "$DEPLOY_FILES_DIR")"\n';

/** `state payload_status` of each row. */
function statuses(project: CloudProject): string[] {
  const rows = project.rows('SELECT state, payload_status AS status FROM instances ORDER BY id');
  return rows.map(({ state, status }) => `${String(state)} ${String(status)}`);
}

describe.skipIf(requireProgram('sshd') === null)('spot create', () => {
  test('makes instances that are ready to use, and are known at once', async () => {
    const project = await cloudProject();
    const result = await project.run(['create', '--count', '2', '--name', 'web', '--tag', 'role=web', '--json']);
    expect(result).toMatchObject({ exitCode: 0, leftInTmp: [] });
    const [creation, asking, , ...others] = result.stderr.split('\n');
    expect(creation).toMatch(/^creation \d{8}-\d{6}-[0-9a-f]{8}$/);
    expect(asking).toMatch(/^spot: warning: aws\.username is .+ lets in ubuntu;/);
    expect(others.join('\n')).toMatch(/^web \(i-.+\) {2}running at 127\..+ in us-east-1a after /m);
    expect(others.join('\n')).toMatch(/\n2 of 2 instances ready in .+\.\n$/);
    const document = JSON.parse(result.stdout) as Record<string, unknown>;
    const { id } = document['creation'] as { id: string };
    const tags = { Name: 'web', role: 'web', team: 'web', 'spot:creation': id };
    expect(document).toMatchObject({
      creation: { count: 2, created: 2, resumed: false, lifecycle: 'spot', exit_code: 0 },
      instances: project.ids.map((instance_id) => ({ instance_id, state: 'running', ssh_user: project.ec2.user })),
      runs: [],
    });
    expect(shapeOf(document)).toEqual(shapeOf(shownFor('create')));
    expect(project.ec2.endpoint.instances.map((instance) => instance.tags)).toEqual([tags, tags]);
    const rows = project.rows('SELECT instance_id, tags, host_key FROM instances ORDER BY instance_id');
    expect(rows).toEqual(
      project.ids.map((instance_id) => ({
        instance_id,
        tags: expect.stringContaining('"role":"web"') as string,
        host_key: expect.stringMatching(/^ssh-ed25519 /) as string,
      })),
    );
    expect(project.rows('SELECT * FROM runs')).toEqual([]);
  });

  test('opens port 22 to this machine alone, and brings its key', async () => {
    const project = await cloudProject();
    expect((await project.run(['create'])).exitCode).toBe(0);
    const region = project.ec2.endpoint.region();
    const [instance] = project.ec2.endpoint.instances;
    const group = region.network.group(instance?.birth.groupIds[0] ?? '');
    expect(group.rules).toMatchObject([{ protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '127.0.0.1/32' }]);
    const [key] = [...region.keyPairs.values()];
    expect(key?.publicKey).toContain(project.ec2.identity.publicKey);
  });

  test('runs a payload on each of them, with its files and arguments', async () => {
    const project = await cloudProject();
    project.write('setup.sh', SETUP);
    project.write('files/app.conf', 'x\n');
    const args = ['create', '--count', '2', '--payload', './setup.sh', '--json', '--', 'a', 'b'];
    const { exitCode, stdout, stderr } = await project.run(args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const { runs } = JSON.parse(stdout) as { runs: { run: { id: string }; attempts: { outcome: string }[] }[] };
    expect(runs.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual(['succeeded', 'succeeded']);
    const logs = join(project.cwd, '.spot/logs', runs[0]?.run.id ?? '');
    const said = project.ids.map((id) => readFileSync(join(logs, `${id}.out`), 'utf8'));
    expect(said).toEqual(project.ids.map((id) => `set up ${id} with 2 words and app.conf\n`));
    expect(statuses(project)).toEqual(['running executed', 'running executed']);
    expect(removeDeployFolders()).toHaveLength(2);
    const again = await project.run(['upload-script', 'setup.sh', '--only-missing', '--', 'a', 'b']);
    expect(again.stderr).toContain('nothing to do: no instance lacks setup.sh');
  });

  test('brings a payload into place where that is all that is asked for', async () => {
    const project = await cloudProject();
    project.write('agent.sh', 'echo no\n');
    const kept = join(project.home, 'agent');
    const args = ['create', '--payload', 'agent.sh', '--copy-only', '--remote-path', kept, '--no-files'];
    expect((await project.run(args)).exitCode).toBe(0);
    expect(readFileSync(kept, 'utf8')).toBe('echo no\n');
    expect(statuses(project)).toEqual(['running copied']);
    expect(removeDeployFolders()).toHaveLength(1);
  });
});

describe.skipIf(requireProgram('sshd') === null)('where the payload fails', () => {
  const FAILS_ONCE = '#!/bin/sh\nmkdir "$1" 2>/dev/null && exit 0\necho "no room for two" >&2\nexit 3\n';

  async function created(...flags: readonly string[]): Promise<[CloudProject, string, number | null]> {
    const project = await cloudProject();
    project.write('once.sh', FAILS_ONCE);
    const args = ['create', '--count', '2', '--name', 'web', '--payload', 'once.sh', ...flags];
    const { stderr, exitCode } = await project.run([...args, '--', join(project.home, 'taken')]);
    removeDeployFolders();
    return [project, stderr, exitCode];
  }

  test('the instance is kept, and what went wrong stands in the fleet', async () => {
    const [project, stderr, exitCode] = await created();
    expect(exitCode).toBe(2);
    expect(stderr).toContain('1 of 2 instances succeeded');
    expect(statuses(project).sort()).toEqual(['running executed', 'running execution_failed']);
    expect(project.ec2.endpoint.instances.map(({ isAlive }) => isAlive)).toEqual([true, true]);
  });

  test('it is terminated with --terminate-on-failure, and that is said', async () => {
    const [project, stderr, exitCode] = await created('--terminate-on-failure');
    expect(exitCode).toBe(2);
    const gone = project.ec2.endpoint.instances.filter(({ isAlive }) => !isAlive);
    expect(gone).toHaveLength(1);
    expect(stderr).toContain(`spot: terminated 1 instance on which the payload failed: web (${gone[0]?.id})\n`);
    expect(statuses(project).sort()).toEqual(['running executed', 'shutting-down execution_failed']);
  });
});
