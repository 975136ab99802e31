import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { requireProgram } from '../helpers/require.ts';
import { anInstance, NOW } from './records.ts';
import { behind, databaseOfTest, fixedClock, ON_POSTGRES, openedState, temporaryFolder } from './support.ts';

const LATER = '2026-07-01T13:00:00.000Z';

describe('adding', () => {
  test('instances come back as they went in, in the order they were added', () => {
    const full = anInstance('i-1', {
      name: 'web1',
      source: 'ec2',
      region: 'us-east-1',
      availabilityZone: 'us-east-1a',
      instanceType: 't3.small',
      state: 'stopping',
      privateIp: '172.16.0.1',
      sshUser: 'admin',
      sshPort: 2222,
      hostKey: 'ssh-ed25519 AAAA',
      tags: { role: 'web', Name: 'web é' },
      launchedAt: NOW,
      seenAt: NOW,
    });
    const state = openedState(temporaryFolder());
    state.instances.add([full, anInstance('a-2')]);
    expect(state.instances.list()).toEqual([full, anInstance('a-2')]);
    expect(state.instances.find('i-1')).toEqual(full);
    expect(state.instances.find('i-9')).toBeNull();
  });

  test('a known id is updated: it keeps its place, its creation time and its pinned key', () => {
    const state = openedState(temporaryFolder());
    state.instances.add([anInstance('i-1', { hostKey: 'ssh-ed25519 OLD' }), anInstance('i-2')]);
    const again = { name: 'web1', publicIp: '10.0.0.9', createdAt: LATER, updatedAt: LATER };
    state.instances.add([anInstance('i-1', { ...again, hostKey: 'ssh-ed25519 NEW' })]);
    expect(state.instances.list()).toEqual([
      anInstance('i-1', { ...again, createdAt: NOW, hostKey: 'ssh-ed25519 OLD' }),
      anInstance('i-2'),
    ]);
  });

  test('one that cannot be written leaves none of them behind', () => {
    const state = openedState(temporaryFolder());
    const impossible = anInstance('i-2', { source: null as unknown as string });
    expect(() => state.instances.add([anInstance('i-1'), impossible])).toThrow(
      /NOT NULL constraint failed|null value in column "source"/,
    );
    expect(state.instances.list()).toEqual([]);
  });
});

test('removing says how many there were', () => {
  const state = openedState(temporaryFolder());
  state.instances.add([anInstance('i-1'), anInstance('i-2'), anInstance('i-3')]);
  expect(state.instances.remove(['i-1', 'i-3', 'i-9'])).toBe(2);
  expect(state.instances.list()).toEqual([anInstance('i-2')]);
});

test('the end of an instance touches its state and the reason alone, and one that is not there stays away', () => {
  const state = openedState(temporaryFolder(), { now: () => Date.parse(LATER) });
  const known = { name: 'web1', hostKey: 'ssh-ed25519 KEY', tags: { role: 'web' } };
  state.instances.add([anInstance('i-1', known), anInstance('i-2')]);
  for (const id of ['i-1', 'i-9']) state.ledger.instanceEnded(id, 'shutting-down', 'why');
  const ended = { state: 'shutting-down', stateReason: 'why', updatedAt: LATER } as const;
  expect(state.instances.list()).toEqual([anInstance('i-1', { ...known, ...ended }), anInstance('i-2')]);
});

describe('updating', () => {
  test('changes what is given, null included, and nothing else', () => {
    const folder = temporaryFolder();
    const before = anInstance('i-1', { name: 'web1', sshUser: 'admin', tags: { a: '1' }, hostKey: 'ssh-ed25519 A' });
    openedState(folder).instances.add([before]);
    const state = openedState(folder, { now: () => Date.parse(LATER) });
    const updated = state.instances.update('i-1', { state: 'stopped', name: null, sshPort: 2222 });
    expect(updated).toEqual({ ...before, state: 'stopped', name: null, sshPort: 2222, updatedAt: LATER });
    expect(state.instances.list()).toEqual([updated]);
  });

  test('an unknown id gives null', () => {
    expect(openedState(temporaryFolder()).instances.update('i-9', { name: 'x' })).toBeNull();
  });
});

describe('pinning a host key', () => {
  test('sets, replaces and forgets it', () => {
    const state = openedState(temporaryFolder());
    state.instances.add([anInstance('i-1')]);
    const keys = ['ssh-ed25519 A', 'ssh-ed25519 B', null].map((key) => {
      expect(state.instances.pinHostKey('i-1', key)).toBe(true);
      return state.instances.find('i-1')?.hostKey;
    });
    expect(keys).toEqual(['ssh-ed25519 A', 'ssh-ed25519 B', null]);
    expect(state.instances.pinHostKey('i-9', null)).toBe(false);
  });

  test('a first contact never overrules a key that is there already', () => {
    const state = openedState(temporaryFolder());
    state.instances.add([anInstance('i-1')]);
    state.ledger.hostKeyPinned('i-1', 'ssh-ed25519 FIRST');
    state.ledger.hostKeyPinned('i-1', 'ssh-ed25519 SECOND');
    expect(state.instances.find('i-1')?.hostKey).toBe('ssh-ed25519 FIRST');
  });
});

describe('rows written by other programs', () => {
  const tool = requireProgram(ON_POSTGRES ? 'psql' : 'sqlite3');

  test.skipIf(tool === null)('the tool of the database needs to give an id and an address only', () => {
    const state = openedState(temporaryFolder());
    const sql = `INSERT INTO ${ON_POSTGRES ? 'spot.' : ''}instances (instance_id, public_ip) VALUES ('web1', '10.0.0.7')`;
    execFileSync(tool as string, ON_POSTGRES ? [databaseOfTest() as string, '-c', sql] : [state.path, sql]);
    const [instance] = state.instances.list();
    expect(instance).toEqual(
      anInstance('web1', {
        publicIp: '10.0.0.7',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        updatedAt: instance?.createdAt as string,
      }),
    );
  });

  test('empty texts count as none', () => {
    const state = openedState(temporaryFolder());
    // a column of PostgreSQL that holds numbers takes no text
    const port = ON_POSTGRES ? 'NULL' : "''";
    const sql = `INSERT INTO instances (instance_id, name, public_ip, ssh_port) VALUES ('web1', '', '', ${port})`;
    behind(state, sql);
    expect(state.instances.find('web1')).toMatchObject({ name: null, publicIp: null, sshPort: null });
  });

  const STATES = 'pending, running, shutting-down, stopping, stopped, terminated';
  const ROWS = [
    ['tags', "'{a:1}'", "instance web1 in FILE has tags '{a:1}', which is not a JSON object whose values are texts"],
    ['tags', "'[]'", "instance web1 in FILE has tags '[]', which is not a JSON object whose values are texts"],
    [
      'tags',
      `'{"a":1}'`,
      `instance web1 in FILE has tags '{"a":1}', which is not a JSON object whose values are texts`,
    ],
    ['tags', "'null'", "instance web1 in FILE has tags 'null', which is not a JSON object whose values are texts"],
    ['state', "'on'", `instance web1 in FILE has state 'on', which is not one of ${STATES}`],
    ['state', "''", `instance web1 in FILE has state '', which is not one of ${STATES}`],
    ['ssh_port', "'ssh'", "instance web1 in FILE has ssh_port 'ssh', which is not a number from 1 to 65535"],
    ['ssh_port', '70000', "instance web1 in FILE has ssh_port '70000', which is not a number from 1 to 65535"],
    ['public_ip', "x'4142'", "instance web1 in FILE has public_ip 'AB', which is not a text"],
    [
      'instance_id',
      "'../../x'",
      "instance ../../x in FILE has instance_id '../../x', which is not a text without spaces and slashes",
    ],
    [
      'instance_id',
      "''",
      "instance (no id) in FILE has instance_id '', which is not a text without spaces and slashes",
    ],
  ] as const;
  // a column of PostgreSQL takes nothing but its type
  const possible = ROWS.filter(([, value]) => !ON_POSTGRES || !["'ssh'", "x'4142'"].includes(value));
  test.each(possible)('a row that makes no sense is named: %s = %s', (column, value, sentence) => {
    const state = openedState(temporaryFolder());
    state.instances.add([anInstance('i-1'), anInstance('web1')]);
    behind(state, `UPDATE instances SET ${column} = ${value} WHERE id = 2`);
    const message = `${sentence.replace('FILE', state.path)}; correct or delete that row`;
    expect(() => state.instances.list()).toThrow(
      expect.objectContaining({ code: 'state-bad-row', exitCode: 78, message }),
    );
  });
});

describe('looking up', () => {
  test('many words at once gives the instance of each id, else those of each name', () => {
    const { instances } = openedState(temporaryFolder());
    const many = Array.from({ length: 600 }, (_, index) => anInstance(`i-${index}`, { name: `web-${index % 300}` }));
    instances.add([...many, anInstance('web-1', { name: 'i-0' })]);
    const found = instances.called(['web-7', 'web-1', 'i-0', 'nobody', ...many.map(({ instanceId }) => instanceId)]);
    expect(found.get('web-7')?.map(({ instanceId }) => instanceId)).toEqual(['i-7', 'i-307']);
    expect(found.get('web-1')?.map(({ instanceId }) => instanceId)).toEqual(['web-1']);
    expect(found.get('i-0')?.map(({ instanceId }) => instanceId)).toEqual(['i-0']);
    expect(found.has('nobody')).toBe(false);
    expect(found.size).toBe(602);
    expect(instances.called([])).toEqual(new Map());
  });

  test('a page gives those behind an id, which may be gone', () => {
    const { instances } = openedState(temporaryFolder());
    instances.add(['i-3', 'i-1', 'i-4', 'i-2'].map((id) => anInstance(id)));
    const ids = (limit: number, after: string | null): string[] =>
      instances.page(limit, after).map(({ instanceId }) => instanceId);
    expect(ids(3, null)).toEqual(['i-1', 'i-2', 'i-3']);
    expect(ids(3, 'i-3')).toEqual(['i-4']);
    instances.remove(['i-2']);
    expect(ids(3, 'i-2')).toEqual(['i-3', 'i-4']);
  });
});

test('two open states see each other and both write', () => {
  const folder = temporaryFolder();
  const [one, two] = [openedState(folder, fixedClock), openedState(folder, fixedClock)];
  one.instances.add([anInstance('i-1')]);
  two.instances.add([anInstance('i-2')]);
  one.instances.update('i-2', { name: 'two' });
  const expected = [anInstance('i-1'), anInstance('i-2', { name: 'two' })];
  expect(one.instances.list()).toEqual(expected);
  expect(two.instances.list()).toEqual(expected);
});
