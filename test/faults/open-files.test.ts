import { expect, test } from 'vitest';
import { Project } from '../e2e/project.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { sandboxOf } from './sandbox.ts';

leakCheck();

const COUNT = 20;

async function aFleet(): Promise<Project> {
  const sandbox = await sandboxOf({ count: COUNT });
  const project = new Project();
  project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
  project.write('says.sh', 'echo out\necho err >&2\nsleep 1\n');
  sandbox.instances.forEach(({ user, address, port }, index) => {
    project.add(`web-${index + 1}`, `${user}@${address}:${port}`);
  });
  return project;
}

test('where few files may be open fewer instances are worked on at once, and all succeed', async () => {
  const project = await aFleet();
  const { exitCode, stderr } = await project.run(['upload-script', 'says.sh', '--cleanup'], { maxOpenFiles: 64 });
  expect(stderr).toMatch(
    /^spot: warning: 64 open files \(ulimit -n\) are enough for \d instances at once, not for 20; allow \d+ to be faster\n/m,
  );
  expect(exitCode).toBe(0);
  expect(project.rows("SELECT count(*) AS count FROM attempts WHERE outcome = 'succeeded'")).toEqual([
    { count: COUNT },
  ]);
});

test('where not even the program can be loaded it says why', async () => {
  const project = new Project();
  project.write('says.sh', 'echo out\n');
  const { exitCode, stderr } = await project.run(['upload-script', 'says.sh'], { maxOpenFiles: 32 });
  expect(stderr).toBe('spot: too few open files are allowed (ulimit -n) to start at all; allow 64 or more\n');
  expect(exitCode).toBe(78);
});
