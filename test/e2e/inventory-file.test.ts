import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshd } from '../helpers/sshd.ts';
import { DEAD_SPEC, Project } from './project.ts';
import { runShell } from './completing-shell.ts';

leakCheck();

describe.skipIf(requireProgram('sshd') === null || requireProgram('ssh') === null)('on a real host', () => {
  test('a run goes to the hosts of the file alone and adds them, and ssh finds its way by what is exported', async () => {
    const host = await startSshd();
    onTestFinished(() => host.close());
    const project = new Project();
    project.write('config.yaml', `aws:\n  private_ssh_key_path: ${host.identityFile}\n`);
    project.add('elsewhere', DEAD_SPEC);
    project.write('ok.sh', 'true\n');
    const line = `ansible_host=${host.address} ansible_port=${host.port} ansible_user=${host.user}`;
    project.write(
      'hosts.ini',
      `[web]\nweb-1 ${line} ansible_become=yes\n[db]\ndb-1 ansible_host=127.0.0.9 ansible_port=1\n`,
    );
    const run = await project.run(['upload-script', 'ok.sh', '--inventory-file', 'hosts.ini', '-l', 'group=web']);
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toMatchObject({ exitCode: 0 });
    expect(run.stderr).toContain('3 instances: 1 selected, 1 not in hosts.ini, 1 not selected by --limit\n');
    expect(run.stderr.match(/^spot: warning: .*/gm)).toEqual([expect.stringContaining('ansible_become of web-1')]);
    expect(run.stderr).toContain(`added web-1 (${host.user}@${host.address}:${host.port})\n`);
    expect(project.rows('SELECT name, tags FROM instances ORDER BY id')).toEqual([
      { name: 'elsewhere', tags: '{}' },
      { name: 'web-1', tags: '{"group":"web"}' },
    ]);
    const bash = requireProgram('bash') as string;
    // no <(…): ssh closes whatever it has not opened itself
    const ssh =
      'spot export ssh-config web-1 > fleet.conf && ssh -o StrictHostKeyChecking=yes -F fleet.conf web-1 echo there';
    const { stderr, ...there } = await runShell(project, bash, ssh);
    expect({ ...there, stderr }).toEqual({ exitCode: 0, stdout: 'there\n', stderr });
    removeDeployFolders();
  });
});

describe('an inventory file', () => {
  test('changes nothing in a dry run, and is read from stdin', async () => {
    const project = new Project();
    project.write('ok.sh', 'true\n');
    const args = ['upload-script', 'ok.sh', '--dry-run', '--inventory-file', '-'];
    const { exitCode, stdout, stderr } = await project.run(args, { stdin: 'ubuntu@10.0.0.1\n10.0.0.2:2222\n' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '2 instances of stdin would be added or updated\n' });
    expect(stdout).toContain('2 instances: 2 running\n');
    expect(project.rows('SELECT count(*) AS n FROM instances')).toEqual([{ n: 0 }]);
  });

  test('that cannot be read or understood is refused, with what to do', async () => {
    const project = new Project();
    project.write('ok.sh', 'true\n');
    project.write('wrong.ini', 'web-1 oops\n[x:y]\n');
    project.write('empty.ini', '# nobody\n');
    project.write('ec2.py', '#!/bin/sh\ntouch ran\n', 0o755);
    project.write('aws_ec2.yml', 'plugin: amazon.aws.aws_ec2\n');
    const refusal = async (file: string) => {
      const { exitCode, stderr } = await project.run(['upload-script', 'ok.sh', '--inventory-file', file]);
      expect(exitCode, file).toBe(66);
      return stderr;
    };
    expect(await refusal('wrong.ini')).toMatch(
      /^spot: wrong\.ini:1: 'oops' is no .*\nspot: wrong\.ini:2: cannot read the section/,
    );
    expect(await refusal('empty.ini')).toBe('spot: empty.ini names no host; write one a line\n');
    expect(await refusal('none.ini')).toMatch(
      /^spot: cannot read the inventory file none\.ini \(.*\); check the path$/m,
    );
    const advice = /ansible-inventory -i \S+ --list \| spot … --inventory-file -$/m;
    for (const file of ['ec2.py', 'aws_ec2.yml', '.']) expect(await refusal(file)).toMatch(advice);
    expect(existsSync(join(project.cwd, 'ran'))).toBe(false);
  });

  test('may be added as a whole', async () => {
    const project = new Project();
    project.write('hosts.yml', 'web:\n  hosts:\n    web-[1:2].example.com:\n');
    const add = () => project.run(['add', '--inventory-file', 'hosts.yml', '--tag', 'team=a']);
    expect(await add()).toMatchObject({
      exitCode: 0,
      stderr: 'added web-1.example.com (web-1.example.com)\nadded web-2.example.com (web-2.example.com)\n',
    });
    expect(await add()).toMatchObject({ exitCode: 0, stderr: 'all of them are known\n' });
    expect(project.rows('SELECT tags FROM instances LIMIT 1')).toEqual([{ tags: '{"group":"web","team":"a"}' }]);
  });
});
