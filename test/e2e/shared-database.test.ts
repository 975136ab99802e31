import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { hasPostgres, POSTGRES_PASSWORD, type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { requireProgram } from '../helpers/require.ts';
import type { SpotResult } from '../helpers/spot.ts';
import { startSshd } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { Project, specOf } from './project.ts';

leakCheck();

describe.skipIf(!hasPostgres() || requireProgram('sshd') === null)('a database that two machines share', () => {
  let server: PostgresServer;
  let host: SshdHost;
  let database: string;
  beforeAll(async () => {
    [server, host] = await Promise.all([startPostgres(), startSshd()]);
  });
  beforeEach(async () => {
    database = await server.newDatabase();
  });
  afterEach(() => {
    removeDeployFolders();
  });
  afterAll(() => Promise.all([server.close(), host.close()]));

  /** A folder with a configuration of its own stands for a machine. */
  function aMachine(): (...args: string[]) => Promise<SpotResult> {
    const project = new Project();
    project.write('config.yaml', `aws:\n  private_ssh_key_path: ${host.identityFile}\n`);
    project.write('hello.sh', '#!/bin/sh\necho "hello from $0"\n');
    const run = async (...args: string[]): Promise<SpotResult> => {
      const result = await project.run(args, { env: { SPOT_DATABASE: database } });
      expect(result.stdout + result.stderr).not.toContain(POSTGRES_PASSWORD);
      expect(existsSync(join(project.cwd, '.spot/state.db'))).toBe(false);
      return result;
    };
    return run;
  }

  async function expectOk(result: Promise<SpotResult>): Promise<string> {
    const { exitCode, stdout, stderr } = await result;
    expect(exitCode, stderr).toBe(0);
    return stdout;
  }

  test('shows each of them the fleet, the runs and how they ended, whoever began them', async () => {
    const [one, two] = [aMachine(), aMachine()];
    await expectOk(one('add', specOf(host), '--name', 'web-1'));
    expect(await expectOk(two('list'))).toContain('web-1');
    await expectOk(one('upload-script', 'hello.sh', '--yes'));
    expect(await expectOk(two('runs'))).toMatch(/hello\S* +1 .*1 succeeded/);
    expect(await expectOk(two('show', 'last'))).toContain('1 succeeded');
    const { runs } = JSON.parse(await expectOk(two('runs', '--json'))) as { runs: { id: string; state: string }[] };
    expect(runs).toMatchObject([{ state: 'finished' }]);
    expect(await expectOk(one('logs', 'last'))).toContain('hello from');
  });

  test('lets one of them run the payload that the other has registered', async () => {
    const [one, two] = [aMachine(), aMachine()];
    await expectOk(one('add', specOf(host), '--name', 'web-1'));
    await expectOk(one('payload', 'add', 'greeting', 'hello.sh'));
    expect(await expectOk(two('payload', 'list'))).toContain('greeting');
    await expectOk(two('upload-script', 'greeting', '--yes'));
    expect(await expectOk(two('logs', 'last'))).toContain('hello from');
    expect(await expectOk(two('payload', 'verify'))).toContain('nothing is damaged');
    await expectOk(one('payload', 'remove', 'greeting', '--yes'));
    expect(await server.query('SELECT digest FROM spot.archives', database)).toEqual([]);
    const { exitCode, stderr } = await two('upload-script', 'greeting', '--yes');
    expect(exitCode).toBe(66);
    expect(stderr).toContain('greeting');
  });

  test('that is away is an error before anything is begun', async () => {
    database = `postgres://spot:${POSTGRES_PASSWORD}@127.0.0.1:1/spot`;
    const { exitCode, stderr } = await aMachine()('upload-script', 'hello.sh', '--yes');
    const advice = 'check that it runs, and what database or SPOT_DATABASE says';
    expect(stderr).toBe(
      `spot: the database postgres://spot@127.0.0.1:1/spot cannot be reached (nobody listens there); ${advice}\n`,
    );
    expect(exitCode).toBe(78);
  });
});
