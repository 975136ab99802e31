import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { projectOf } from './project.ts';
import { serve, ViaProject } from './serving.ts';

leakCheck();

/** Both outputs, characters of several bytes, and an end that differs. */
const CHECK = `echo "grün $1 $KEY"
cat "$DEPLOY_FILES_DIR/conf"
echo "load of $SPOT_INSTANCE_ID" >&2
test "$SPOT_INSTANCE_ID" != web-2 || exit 3
`;

/** What differs from run to run: ids, folders, times and durations. */
function timeless(text: string): string {
  return text
    .replace(/\d{8}-\d{6}-[0-9a-f]+/g, 'RUN')
    .replace(/\d{8}T\d{12}_\d+/g, 'STAMP')
    .replace(/\S*\/logs\/RUN/g, 'LOGS')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/"ms": \d+/g, '"ms": 0')
    .replace(/\d+(\.\d+)? (ms|s)\b|\d+m\d\ds/g, '0 s')
    .replace(/0 s +/g, '0 s ');
}

/**
 * Instances say what they say in any order; the summary is below. What to type next is proposed where the run is on
 * record; the widths of columns follow from the times in them.
 */
function linesAndSummary(stderr: string): [lines: string[], summary: string] {
  const [lines = '', ...summary] = timeless(stderr).split('\n\n');
  return [
    lines.split('\n').sort(),
    summary
      .join('\n\n')
      .replace(/^next: .*\n/m, '')
      .replace(/ {2,}/g, '  '),
  ];
}

describe.skipIf(requireProgram('sshd') === null)('spot upload-script --via', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  test.each([
    ['', []],
    ['--verbose', ['--verbose']],
    ['--quiet', ['--quiet']],
    ['--json', ['--json']],
    ['--copy-only', ['--copy-only', '--json', '--remote-path', '~/via-check.sh']],
  ])('shows what a run shows: %s', async (_name, flags) => {
    const service = projectOf(hosts);
    service.add('gone', '127.0.0.1:1');
    const { via } = await serve(service);
    const [here, there] = [projectOf(hosts), new ViaProject(via)];
    here.add('gone', '127.0.0.1:1');
    const run = flags.includes('--copy-only') ? [] : ['-e', 'KEY=s3cret'];
    const args = flags.includes('--copy-only') ? [] : ['--', 'a b'];
    const words = ['check.sh', '--limit', 'web-*,gone', '--exclude', 'gone', ...run, ...flags];
    for (const project of [here, there]) {
      project.write('check.sh', CHECK);
      project.write('files/conf', 'x=1\n');
    }
    const [direct, handed] = await Promise.all([
      here.run(['upload-script', ...words, ...args]),
      there.run([...there.upload(...words), ...args]),
    ]);
    expect(timeless(handed.stdout)).toBe(timeless(direct.stdout));
    expect(linesAndSummary(handed.stderr)).toEqual(linesAndSummary(direct.stderr));
    expect(handed.exitCode).toBe(direct.exitCode);
    expect(handed.exitCode).toBe(flags.includes('--copy-only') ? 0 : 2);
    expect(there.hasState).toBe(false);
    expect(handed.leftInTmp).toEqual([]);
  });
});
