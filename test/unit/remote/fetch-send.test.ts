import { createHash } from 'node:crypto';
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bundleRequest,
  linkRequest,
  offerRequest,
  sendCommand,
  sendProgram,
} from '../../../src/remote/fetch/program.ts';
import { leakCheck } from '../../helpers/leaks.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { NONCE, say } from './fetch-host.ts';
import { useShells } from './shells.ts';

leakCheck();
const shells = useShells();

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe.skipIf(shells.areMissing)('the program that sends', () => {
  test('answers in turn, with as many bytes as were asked for', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      const path = join(host.home, "it's\na $(touch harm) -n");
      writeFileSync(path, 'content');
      symlinkSync('odd\ntarget\n', join(host.home, 'link'));
      const requests = [
        offerRequest(path, 7, null, false),
        offerRequest(path, 7, sha256('content'), false),
        offerRequest(path, 7, sha256('other'), false),
        offerRequest(path, 7, sha256('other'), true),
        // it has grown, or shrunk
        offerRequest(path, 3, null, false),
        offerRequest(path, 9, null, false),
        offerRequest(join(host.home, 'link'), 7, null, false),
        offerRequest('/dev/null', 0, null, false),
        offerRequest('/proc/self/status', 0, null, false),
        linkRequest(join(host.home, 'link')),
        linkRequest(path),
      ];
      const said = say(sendCommand(NONCE), `${sendProgram()}${requests.join('')}`, host).toString();
      return { said, harmed: existsSync(join(host.home, 'harm')) };
    });
    const answers = [
      `data ${sha256('content')}\ncontent`,
      'same\n',
      'differs\n',
      `data ${sha256('content')}\ncontent`,
      `data ${sha256('con')}\ncon`,
      `data ${sha256('content')}\ncontent\0\0`,
      'gone\n',
      'gone\n',
      'unsized\n',
      'link\nodd\ntarget\n\0',
      'gone\n',
    ];
    expect(seen).toEqual(shells.each({ said: `welcome\nSPOT1 ${NONCE}\n${answers.join('')}`, harmed: false }));
  });

  test('sends many at once, or says that it cannot', async () => {
    const seen = await shells.onEach(async ({ searchPath }) => {
      const host = { home: tempDir(), searchPath };
      const paths = ['a', 'b  c', "it's", '-n', '*'].map((name) => join(host.home, name));
      for (const path of paths) writeFileSync(path, `${path.slice(-1)} content`);
      const requests = [
        bundleRequest(45, paths),
        bundleRequest(0, paths),
        // one has become shorter
        bundleRequest(12, paths.slice(0, 1)),
        bundleRequest(12, [...paths, join(host.home, 'gone')]),
      ];
      const said = say(sendCommand(NONCE), `${sendProgram()}${requests.join('')}`, host).toString();
      return said.replaceAll(/^([0-9a-f]{64}) .*$/gm, '$1');
    });
    const contents = ['a', 'c', 's', 'n', '*'].map((letter) => `${letter} content`);
    const digests = contents.map((content) => `${sha256(content)}\n`);
    const whole = `bundle\n${digests.join('')}`;
    const answers = [whole, contents.join(''), whole, `bundle\n${digests[0]}`, 'a content\0\0\0', 'apart\n'];
    expect(seen).toEqual(shells.each(`welcome\nSPOT1 ${NONCE}\n${answers.join('')}`));
  });
});
