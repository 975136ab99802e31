import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../helpers/leaks.ts';
import { findProgram, requireProgram } from '../helpers/require.ts';
import { Project } from './project.ts';

leakCheck();

const PUBLIC_COLUMNS = 'instance_id, name, source, state, public_ip, ssh_user, ssh_port, tags';

async function ok(project: Project, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await project.quick(args);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return { stdout, stderr };
}

describe('spot add', () => {
  test('makes several hosts known at once, by name and by address', async () => {
    const project = new Project();
    const { stdout, stderr } = await ok(project, [
      'add',
      'ubuntu@10.0.0.4',
      '[fe80::1]:2222',
      'db.local',
      '--tag',
      'a=b',
    ]);
    expect(stdout).toBe('');
    const tags = '{"a":"b"}';
    expect(stderr).toBe(
      'added 10.0.0.4 (ubuntu@10.0.0.4)\nadded [fe80::1]:2222 ([fe80::1]:2222)\nadded db.local (db.local)\n',
    );
    expect(project.rows(`SELECT ${PUBLIC_COLUMNS} FROM instances ORDER BY id`)).toEqual([
      row({ instance_id: '10.0.0.4', public_ip: '10.0.0.4', ssh_user: 'ubuntu', tags }),
      row({ instance_id: '[fe80::1]:2222', public_ip: 'fe80::1', ssh_port: 2222, tags }),
      row({ instance_id: 'db.local', public_ip: 'db.local', tags }),
    ]);
  });

  test('updates a host that is known already', async () => {
    const project = new Project();
    await ok(project, ['add', 'root@10.0.0.4', '--name', 'web-1', '--id', 'w1', '--tag', 'role=web']);
    const { stderr } = await ok(project, ['add', 'ubuntu@10.0.0.4', '--tag', 'tier=1']);
    expect(stderr).toBe('updated web-1 (ubuntu@10.0.0.4)\n');
    const tags = '{"role":"web","tier":"1"}';
    expect(project.rows(`SELECT ${PUBLIC_COLUMNS} FROM instances`)).toEqual([
      row({ instance_id: 'w1', name: 'web-1', public_ip: '10.0.0.4', ssh_user: 'ubuntu', tags }),
    ]);
  });

  test('says one line of many hosts', async () => {
    const project = new Project();
    const hosts = (count: number): string[] => Array.from({ length: count }, (_, index) => `10.0.0.${index + 1}`);
    expect((await ok(project, ['add', ...hosts(50)])).stderr).toBe('added 50 instances\n');
    expect((await ok(project, ['add', ...hosts(52)])).stderr).toBe('added 2 instances, updated 50\n');
    expect((await ok(project, ['add', ...hosts(52)])).stderr).toBe('updated 52 instances\n');
    expect(project.rows('SELECT count(*) AS count FROM instances')).toEqual([{ count: 52 }]);
  });

  test('adds all or none', async () => {
    const project = new Project();
    const { exitCode } = await project.quick(['add', '10.0.0.4', 'no host']);
    expect(exitCode).toBe(64);
    expect((await ok(project, ['list', '--json'])).stdout).toBe('{\n  "schema": 1,\n  "instances": []\n}\n');
  });
});

function row(changes: Record<string, unknown>): Record<string, unknown> {
  const empty = { name: null, public_ip: null, ssh_user: null, ssh_port: null };
  return { ...empty, source: 'manual', state: 'running', tags: '{}', ...changes };
}

describe('spot list', () => {
  test('says what to do where there is nothing, and still prints a document', async () => {
    const project = new Project();
    expect(await ok(project, ['list'])).toEqual({
      stdout: '',
      stderr: `no instance in ${project.cwd}/.spot/state.db; add one with: spot add user@host\n`,
    });
  });

  test('shows a table on stdout, of all or of some', async () => {
    const project = new Project();
    await ok(project, ['add', 'ubuntu@10.0.0.4:2222', '--name', 'web-1', '--tag', 'role=web', '--tag', 'tier=1']);
    await ok(project, ['add', 'db.local']);
    expect((await ok(project, ['list'])).stdout).toBe(
      `NAME   ID             STATE    ADDRESS        USER    TAGS
web-1  10.0.0.4:2222  running  10.0.0.4:2222  ubuntu  role=web tier=1
       db.local       running  db.local
`,
    );
    expect((await ok(project, ['list', 'role=web', '--json'])).stdout).toContain('"instance_id": "10.0.0.4:2222"');
    expect((await ok(project, ['list', 'db.*'])).stdout.split('\n')).toHaveLength(3);
  });

  test.skipIf(requireProgram('sqlite3') === null)('shows a row that sqlite3 has written, whole', async () => {
    const project = new Project();
    await ok(project, ['list']);
    const sql = `INSERT INTO instances (instance_id, region, availability_zone, instance_type, private_ip, state)
      VALUES ('i-0abc', 'eu-west-1', 'eu-west-1b', 'm7i.large', '172.31.0.9', 'pending')`;
    execFileSync(findProgram('sqlite3') as string, [join(project.cwd, '.spot/state.db'), sql]);
    const { instances } = JSON.parse((await ok(project, ['list', '--json'])).stdout) as { instances: unknown[] };
    expect(instances).toEqual([
      {
        instance_id: 'i-0abc',
        name: null,
        source: 'manual',
        region: 'eu-west-1',
        availability_zone: 'eu-west-1b',
        instance_type: 'm7i.large',
        state: 'pending',
        public_ip: null,
        private_ip: '172.31.0.9',
        ssh_user: null,
        ssh_port: null,
        host_key: null,
        tags: {},
        launched_at: null,
        lifecycle: null,
        hourly_price: null,
        state_reason: null,
        payload_status: 'none',
        payload_error: null,
        last_run: null,
        seen_at: null,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      },
    ]);
    expect((await ok(project, ['list'])).stdout).toBe(
      `NAME  ID      STATE    TYPE       ZONE        ADDRESS
      i-0abc  pending  m7i.large  eu-west-1b  172.31.0.9
`,
    );
  });
});

describe('spot set and spot remove', () => {
  test('correct what is known, and say what it is now', async () => {
    const project = new Project();
    await ok(project, ['add', '10.0.0.4', '--name', 'web-1', '--tag', 'role=web', '--tag', 'old=1']);
    const words = '--state stopped --name web-9 --address 10.0.0.9 --user admin --port 2222 --tag role=db --tag old=';
    const { stderr } = await ok(project, ['set', 'web-1', ...words.split(' ')]);
    expect(stderr).toBe(
      'updated web-9: state stopped, name web-9, address 10.0.0.9, user admin, port 2222, tags role=db\n',
    );
    const place = { public_ip: '10.0.0.9', ssh_user: 'admin', ssh_port: 2222 };
    expect(project.rows(`SELECT ${PUBLIC_COLUMNS} FROM instances`)).toEqual([
      row({ instance_id: '10.0.0.4', name: 'web-9', state: 'stopped', tags: '{"role":"db"}', ...place }),
    ]);
  });

  test('forget instances by name at once, and by a glob only with --yes', async () => {
    const project = new Project();
    await ok(project, ['add', 'web-1', 'web-2', 'web-3', 'db-1']);
    expect((await ok(project, ['remove', 'web-1', 'db-1'])).stderr).toBe('removed web-1\nremoved db-1\n');
    expect((await project.quick(['remove', 'web-*'])).exitCode).toBe(64);
    expect((await ok(project, ['remove', 'web-*', '--yes'])).stderr).toBe('removed web-2\nremoved web-3\n');
    expect(project.rows('SELECT * FROM instances')).toEqual([]);
  });
});
