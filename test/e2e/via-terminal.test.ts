import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withoutEscapes } from '../../src/report/text.ts';
import { leakCheck, removeDeployFolders } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { startSshds } from '../helpers/sshd.ts';
import type { SshdHost } from '../helpers/sshd-host.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { projectOf } from './project.ts';
import { serve, ViaProject, waitForRows } from './serving.ts';
import { CTRL_C, ENTER, HIDE_CURSOR, openTerminal, SHOW_CURSOR } from './terminal.ts';

leakCheck();

const QUESTION = 'Ctrl-C: [s]top the scripts everywhere, [d]etach and leave them running, or [g]o on?';
const ENDS = 'SELECT outcome FROM attempts WHERE outcome IS NOT NULL';
const isMissing = requireProgram('sshd') === null || requireProgram('script') === null;

describe.skipIf(isMissing)('in front of a terminal, a run that a service was handed', () => {
  let hosts: readonly SshdHost[] = [];
  beforeAll(async () => {
    hosts = await startSshds(2);
  });
  afterEach(() => void removeDeployFolders());
  afterAll(() => Promise.all(hosts.map((host) => host.close())));

  test('is asked about before and at Ctrl-C, shown live, and left running', async () => {
    const gate = join(tempDir(), 'gate');
    const service = projectOf(hosts);
    const project = new ViaProject((await serve(service)).via);
    project.write('config.yaml', 'confirm_above: 1\n');
    project.write('wait.sh', `echo begun\nwhile [ ! -e ${gate} ]; do sleep 0.05; done\n`);
    const terminal = openTerminal(project, project.upload('wait.sh'));
    await terminal.saw('[Y/n]');
    expect(withoutEscapes(terminal.shown())).toMatch(/Run wait\.sh on 2 instances \(2 added by hand; \d+ B × 2 = /);
    expect(service.rows('SELECT id FROM runs')).toEqual([]);
    terminal.type(ENTER);
    await terminal.saw('executing');
    await terminal.saw('begun');
    terminal.type(CTRL_C);
    await terminal.saw(QUESTION);
    terminal.type(`d${ENTER}`);
    expect(await terminal.exitCode).toBe(0);
    const shown = terminal.shown();
    expect(shown.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(shown.lastIndexOf(HIDE_CURSOR));
    expect(withoutEscapes(shown)).toMatch(/0 of 2 instances succeeded in .+; 2 left running\./);
    writeFileSync(gate, '');
    await waitForRows(service, ENDS, (rows) => rows.length === 2);
    expect(service.rows(ENDS)).toEqual([{ outcome: 'succeeded' }, { outcome: 'succeeded' }]);
  });

  test('is not begun where the answer is no', async () => {
    const service = projectOf(hosts);
    const project = new ViaProject((await serve(service)).via);
    project.write('config.yaml', 'confirm_above: 1\n');
    project.write('ok.sh', 'true\n');
    const terminal = openTerminal(project, project.upload('ok.sh'));
    await terminal.saw('[Y/n]');
    terminal.type(`n${ENTER}`);
    expect(await terminal.exitCode).toBe(130);
    expect(service.rows('SELECT id FROM runs')).toEqual([]);
    expect(service.rows('SELECT id FROM payloads')).toEqual([]);
  });
});
