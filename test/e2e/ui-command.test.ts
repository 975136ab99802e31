import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { KEYS } from '../../src/ui/key-names.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Page } from './markdown.ts';
import { Project } from './project.ts';
import { freePort } from './serving.ts';

leakCheck();

/** Starts it and gives what is there at its address, after Ctrl-C what it said. */
async function look(args: readonly string[], ask: (origin: string, secret: string) => Promise<void>) {
  const running = new Project().start(['ui', ...args]);
  await running.saw('Ctrl-C ends it', 20_000);
  const [, origin = '', secret = ''] = /^(http:\S+)\/ui\/#(\S+)$/m.exec(running.output()) ?? [];
  try {
    await ask(origin, secret);
  } finally {
    running.kill('SIGINT');
  }
  return running.result;
}

test('spot ui serves the page on loopback alone, says where on stdout, and ends with Ctrl-C', async () => {
  const port = await freePort();
  const { exitCode, stdout, stderr } = await look(['--port', String(port)], async (origin, secret) => {
    expect(origin).toBe(`http://127.0.0.1:${port}`);
    const index = await (await fetch(`${origin}/ui/`)).text();
    const [script = ''] = /app-\w+\.js/.exec(index) ?? [];
    const [style = ''] = /style-\w+\.css/.exec(index) ?? [];
    const sizes = await Promise.all([script, style].map(async (name) => (await fetch(`${origin}/ui/${name}`)).text()));
    expect(sizes.join('').length).toBeLessThan(60_000);
    const body = JSON.stringify({ secret });
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const statuses = [await fetch(`${origin}/ui/session`, sent), await fetch(`${origin}/ui/session`, sent)];
    expect(statuses.map(({ status }) => status)).toEqual([204, 401]);
    const cookie = statuses[0]?.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${origin}/api/v1/runs`, { headers: { cookie } })).status).toBe(200);
    // nothing is there that changes anything
    for (const path of ['/rpc', '/api/v1/runs', '/api/v1/instances']) {
      const answer = await fetch(origin + path, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: '{}',
      });
      expect([401, 404]).toContain(answer.status);
    }
  });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: 'spot: this address opens the page once, within ten minutes; Ctrl-C ends it\n',
  });
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ui\/#[\w-]{43}\n$/);
});

test('spot ui --open hands the address to the browser, and says where there is nothing that opens it', async () => {
  const project = new Project();
  project.write('bin/xdg-open', '#!/bin/sh\nprintf %s "$1" >opened\n', 0o755);
  const path = `${project.cwd}/bin:/usr/bin:/bin`;
  const opening = project.start(['ui', '--open'], { env: { PATH: path } });
  await opening.saw('Ctrl-C ends it', 20_000);
  await waitFor('it to be opened', () => existsSync(`${project.cwd}/opened`), 10_000);
  opening.kill('SIGINT');
  expect((await opening.result).stdout.trim()).toBe(project.read('opened'));

  const alone = project.start(['ui', '--open'], { env: { PATH: `${project.cwd}/nothing` } });
  await alone.saw('xdg-open cannot be started; open the address yourself', 20_000);
  alone.kill('SIGINT');
  expect((await alone.result).exitCode).toBe(0);
});

test.each(['x', '70000', '-1'])('spot ui --port %s is refused', async (port) => {
  const { exitCode, stderr } = await new Project().run(['ui', `--port=${port}`]);
  expect([exitCode, stderr]).toEqual([
    64,
    `spot: --port '${port}' is no port; give a number from 1 to 65535, or leave it out for a free one\n`,
  ]);
});

test('spot ui says that a port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const { exitCode, stderr } = await new Project().run(['ui', '--port', String(port)]);
  expect([exitCode, stderr]).toEqual([78, expect.stringContaining(`127.0.0.1:${port} is taken by another program`)]);
});

test('spot serve --ui wants an address that a browser can open', async () => {
  const { exitCode, stderr } = await new Project().run(['serve', '--ui']);
  expect([exitCode, stderr]).toEqual([
    64,
    'spot: a browser cannot open a Unix socket; give --listen 127.0.0.1:8080 with --ui, or look with: spot ui\n',
  ]);
});

test('the page about the page names the keys that the page names', () => {
  const keys = new Page('docs/web.md').table('key').map(([key]) => key);
  expect(keys).toEqual(KEYS.map(([key]) => key));
});
