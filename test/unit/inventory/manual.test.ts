import { describe, expect, test } from 'vitest';
import { newManualInstances } from '../../../src/inventory/manual.ts';
import type { ManualOptions } from '../../../src/inventory/manual.ts';
import { parseTags } from '../../../src/inventory/tags.ts';
import type { Instance } from '../../../src/model/instance.ts';
import { anInstance } from '../../state/records.ts';

const LATER = '2026-07-02T00:00:00.000Z';

const HOST_MESSAGE =
  "cannot read the host 'web2:x': the port 'x' is no number from 1 to 65535; write [user@]host[:port]";

function add(specs: readonly string[], options: Partial<ManualOptions> = {}): Instance[] {
  const clock = { now: () => Date.parse(LATER) };
  return newManualInstances(specs, { name: null, tags: {}, id: null, existing: [], clock, ...options });
}

describe('a host added for the first time', () => {
  test('is a running instance with its address in public_ip', () => {
    expect(add(['ubuntu@10.0.0.7:2222'], { name: 'web1', tags: { role: 'web' } })).toEqual([
      anInstance('10.0.0.7:2222', {
        name: 'web1',
        publicIp: '10.0.0.7',
        sshUser: 'ubuntu',
        sshPort: 2222,
        tags: { role: 'web' },
        createdAt: LATER,
        updatedAt: LATER,
      }),
    ]);
  });

  test.each([
    ['10.0.0.7', '10.0.0.7'],
    ['ubuntu@web1:22', 'web1'],
    ['127.0.0.1:2222', '127.0.0.1:2222'],
    ['[::1]', '::1'],
    ['[::1]:2222', '[::1]:2222'],
  ])('%s gets the id %s', (spec, id) => {
    expect(add([spec]).map((instance) => instance.instanceId)).toEqual([id]);
  });

  test('comes under the id it is given', () => {
    expect(add(['10.0.0.7'], { id: 'web-1' })[0]).toMatchObject({ instanceId: 'web-1', publicIp: '10.0.0.7' });
  });

  test('may be one of several, which share the tags', () => {
    const added = add(['web1', 'web2'], { tags: { role: 'web' } });
    expect(added.map(({ instanceId, tags }) => [instanceId, tags])).toEqual([
      ['web1', { role: 'web' }],
      ['web2', { role: 'web' }],
    ]);
  });
});

describe('a host that is known already', () => {
  const known = anInstance('10.0.0.7', {
    name: 'web1',
    state: 'stopped',
    publicIp: '10.0.0.7',
    sshUser: 'ubuntu',
    hostKey: 'ssh-ed25519 A',
    tags: { role: 'web', tier: '1' },
  });

  test('is updated: what is given replaces, name, other tags, key and creation time stay, and it runs again', () => {
    expect(add(['admin@10.0.0.7'], { tags: { tier: '2' }, existing: [known] })).toEqual([
      { ...known, state: 'running', sshUser: 'admin', tags: { role: 'web', tier: '2' }, updatedAt: LATER },
    ]);
  });

  test('is found by its address and port, whatever its id', () => {
    const existing = [{ ...known, instanceId: 'web-1' }];
    expect(add(['10.0.0.7:22'], { existing })[0]?.instanceId).toBe('web-1');
    expect(add(['10.0.0.7:2222'], { existing })[0]?.instanceId).toBe('10.0.0.7:2222');
  });

  test('moves to another address under its id', () => {
    const moved = add(['10.0.0.8:2222'], { id: '10.0.0.7', existing: [known] });
    expect(moved).toEqual([
      { ...known, state: 'running', publicIp: '10.0.0.8', sshPort: 2222, sshUser: null, updatedAt: LATER },
    ]);
  });

  test('gets a second instance at the same place only under an id of its own', () => {
    expect(add(['bob@10.0.0.7'], { id: 'bob', existing: [known] })[0]).toMatchObject({
      instanceId: 'bob',
      name: null,
      hostKey: null,
    });
  });
});

describe('words that make no sense together are refused', () => {
  const twins = [anInstance('a'), anInstance('b')];
  const fromEc2 = [anInstance('i-0abc', { source: 'ec2' })];

  test.each<[code: string, specs: string[], options: Partial<ManualOptions>, message: string]>([
    ['no-host', [], {}, 'no host given; write: spot add [user@]host[:port]'],
    [
      'one-id-many-hosts',
      ['web1', 'web2'],
      { id: 'web' },
      '--id web can name one host only; add the 2 hosts one by one',
    ],
    [
      'one-name-many-hosts',
      ['web1', 'web2'],
      { name: 'web' },
      '--name web can name one host only; add the 2 hosts one by one, or use --tag',
    ],
    [
      'bad-id',
      ['web1'],
      { id: '../x' },
      "cannot use '../x' as --id; it takes up to 128 letters, digits and . _ : - and starts with a letter or digit",
    ],
    ['bad-name', ['web1'], { name: ' ' }, "cannot use ' ' as --name; it must be one line and not blank"],
    ['bad-name', ['web1'], { name: 'a\nb' }, "cannot use 'a\nb' as --name; it must be one line and not blank"],
    [
      'id-taken',
      ['web1'],
      { id: 'i-0abc', existing: fromEc2 },
      'instance i-0abc was not added by hand but comes from ec2; choose another --id',
    ],
    [
      'ambiguous-host',
      ['10.0.0.1'],
      { existing: twins },
      '10.0.0.1 is known as a and b; say with --id which one is meant',
    ],
    [
      'host-given-twice',
      ['web1', 'me@web1:22'],
      {},
      'web1 is given twice; write it once, or add each with an --id of its own',
    ],
    ['bad-host', ['web1', 'web2:x'], {}, HOST_MESSAGE],
  ])('%s', (code, specs, options, message) => {
    expect(() => add(specs, options)).toThrow(expect.objectContaining({ code, exitCode: 64, message }));
  });
});

describe('tags', () => {
  test('are split at the first =, and the later of two counts', () => {
    const tags = parseTags(['role=web', 'empty=', 'sum=1+1=2', 'role=db', '__proto__=x']);
    expect(Object.entries(tags)).toEqual([
      ['role', 'db'],
      ['empty', ''],
      ['sum', '1+1=2'],
      ['__proto__', 'x'],
    ]);
  });

  test.each(['role', '=web', ''])('%o is refused', (word) => {
    const message = `cannot read the tag '${word}'; write --tag key=value`;
    expect(() => parseTags([word])).toThrow(expect.objectContaining({ code: 'bad-tag', exitCode: 64, message }));
  });
});
