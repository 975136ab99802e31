import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from './browser.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { openPage, startUi } from './looking.ts';
import { projectOf, type Project } from '../e2e/project.ts';
import { serve } from '../e2e/serving.ts';

leakCheck();

const isMissing = requireProgram('chromium') === null || requireProgram('sshd') === null;

/** Says where it is at, and goes on when the file is there. */
function gated(project: Project): { readonly script: string; readonly open: () => void } {
  const gate = join(project.cwd, 'gate');
  const lines = [
    'echo "step one on $SPOT_INSTANCE_ID"',
    `until [ -e ${gate} ]; do sleep 0.05; done`,
    'echo "step two"',
  ];
  const script = project.write(
    'gated.sh',
    `${lines.join('\n')}\n[ "$SPOT_INSTANCE_ID" != web-2 ] || { echo broken >&2; exit 3; }\n`,
  );
  return { script, open: () => writeFileSync(gate, '') };
}

describe.skipIf(isMissing)('a run is shown as it goes', () => {
  const browser = useBrowser();
  let hosts: SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterAll(() => Promise.all(hosts.map((host) => host.close())));
  afterEach(() => {
    removeDeployFolders();
  });

  test('one of the command line, in another process', async () => {
    const project = projectOf(hosts);
    const { script, open } = gated(project);
    const looking = await startUi(project);
    const tab = await browser.open();
    const { page } = tab;
    await openPage(tab, looking, '#/runs');
    await page.getByText('No run is on record yet').waitFor();
    const upload = project.start(['upload-script', script]);
    await page.getByRole('link', { name: 'gated.sh' }).click();
    await page.getByText('2 executing; 0 of 2 have ended').waitFor();
    await page.locator('table').getByText('step one on web-1').waitFor();
    await page.getByRole('link', { name: /^web-2, executing/ }).click();
    const output = page.getByLabel('stdout');
    await output.getByText('step one on web-2').waitFor();
    open();
    await output.getByText('step two').waitFor();
    await page.getByText('exit 3').waitFor();
    expect(await page.locator('pre').allTextContents()).toEqual(['broken\n', 'step one on web-2\nstep two\n']);
    await page.keyboard.press('Escape');
    await page.locator('.state').getByText('finished').waitFor();
    await page.locator('.clusters').getByText('broken').waitFor();
    expect((await upload.result).exitCode).toBe(2);
    expect([tab.problems, tab.foreign]).toEqual([[], []]);
  });

  test('one of the service, by its events, for whoever signs in with a token', async () => {
    const project = projectOf(hosts);
    const { script, open } = gated(project);
    await project.run(['payload', 'add', 'gated', script]);
    const token = (await project.run(['token', 'create', 'ops'])).stdout.trim();
    const { running } = await serve(project, ['--listen', '127.0.0.1:0', '--ui']);
    await running.saw('/ui/ and sign in with a token');
    const where = /listening at (http:\S+);/.exec(running.output())?.[1] ?? '';
    const tab = await browser.open();
    const { page } = tab;
    await page.goto(`${where}/`);
    await page.getByLabel('Token').fill('x'.repeat(40));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('the token is not known here').waitFor();
    // the browser writes down that it was refused
    expect(tab.problems.splice(0)).toEqual([expect.stringContaining('401')]);
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();

    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ payload: 'gated' });
    const asked = await fetch(`${where}/api/v1/runs`, { method: 'POST', headers, body });
    const { run_id: runId } = (await asked.json()) as { run_id: string };
    const stream = page.waitForRequest((request) => request.url().includes('/events?after='));
    await page.goto(`${where}/ui/#/run/${runId}`);
    await stream;
    await page.locator('table').getByText('step one on web-1').waitFor();
    const polls: string[] = [];
    page.on('request', (request) => polls.push(new URL(request.url()).pathname));
    open();
    await page.locator('.state').getByText('finished').waitFor();
    await page.getByRole('link', { name: /^web-2, failed, exit 3/ }).waitFor();
    expect(polls.filter((path) => path.endsWith('/attempts')).length).toBeLessThanOrEqual(2);
    expect([tab.problems, tab.foreign]).toEqual([[], []]);

    await project.run(['token', 'revoke', 'ops']);
    await page.getByLabel('Token').waitFor();
    expect(running.output()).not.toContain(token);
  });
});
