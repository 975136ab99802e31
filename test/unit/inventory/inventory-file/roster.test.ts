import { describe, expect, test } from 'vitest';
import { describeNotCarriedOut } from '../../../../src/inventory/inventory-file/not-carried-out.ts';
import { readInventory } from '../../../../src/inventory/inventory-file/read-inventory.ts';
import { selectListed } from '../../../../src/inventory/inventory-file/select-listed.ts';
import { describeNotReady, describeSelection } from '../../../../src/inventory/describe-selection.ts';
import { newInstance } from '../../../../src/model/instance.ts';
import { rosterOf } from './support.ts';

const EC2 = newInstance('i-0abc1234', { source: 'ec2', name: 'web-1', publicIp: '3.0.0.1', tags: { role: 'web' } });
const BY_HAND = newInstance('10.0.0.4', { name: 'db-1', publicIp: '10.0.0.4', sshUser: 'root', hostKey: 'ssh-x AAAA' });
const FLEET = [EC2, BY_HAND, newInstance('other', { publicIp: '10.9.9.9' })];

/** `id user@address:port` of each row that is to be written. */
function written(text: string): string[] {
  const rows = [...rosterOf(text, FLEET).rows.values()];
  return rows.map(({ instanceId, sshUser, publicIp, sshPort }) => `${instanceId} ${sshUser}@${publicIp}:${sshPort}`);
}

describe('a host of the file', () => {
  test.each(['web-1', 'i-0abc1234', '3.0.0.1', '3.0.0.1:22', 'any ansible_host=3.0.0.1'])('is known as %s', (line) => {
    expect([...rosterOf(line, FLEET).members.keys()]).toEqual(['i-0abc1234']);
    expect(written(line)).toEqual([]);
  });

  test('that nobody knows is made as spot add makes it, with its groups as a tag', () => {
    const { rows } = rosterOf('[web]\nweb-9 ansible_host=10.0.0.9 ansible_user=admin\n[db]\nweb-9\nu@h:2222', FLEET);
    expect([...rows.values()]).toMatchObject([
      {
        instanceId: '10.0.0.9',
        name: 'web-9',
        source: 'manual',
        sshUser: 'admin',
        sshPort: null,
        tags: { group: 'db,web' },
      },
      { instanceId: 'h:2222', name: null, publicIp: 'h', sshUser: 'u', sshPort: 2222, tags: { group: 'db' } },
    ]);
  });

  test('corrects one that was added by hand, and keeps its host key', () => {
    expect(written('db-1 ansible_host=10.0.0.5 ansible_user=root')).toEqual(['10.0.0.4 root@10.0.0.5:null']);
    expect(rosterOf('db-1 ansible_host=10.0.0.5', FLEET).rows.get('10.0.0.4')?.hostKey).toBe('ssh-x AAAA');
  });

  test('says for this once what the state does not say', () => {
    const { members, rows, warnings } = rosterOf('web-1 ansible_user=admin ansible_port=22', FLEET);
    expect({ rows: rows.size, warnings }).toEqual({ rows: 0, warnings: [] });
    expect(members.get('i-0abc1234')).toMatchObject({ sshUser: 'admin', publicIp: '3.0.0.1' });
  });

  test('does not overrule what EC2 says, and that is told', () => {
    const { members, rows, warnings } = rosterOf('web-1 ansible_host=9.9.9.9', FLEET);
    expect(rows.size).toBe(0);
    expect(members.get('i-0abc1234')?.publicIp).toBe('3.0.0.1');
    expect(warnings).toEqual([
      'hosts says of web-1 another address, port or user than the state, which counts for instances from EC2',
    ]);
  });

  test('is taken once, however often it is named', () => {
    const { members, warnings } = rosterOf('[a]\nweb-1\n[b]\nsame ansible_host=3.0.0.1\n[c]\nweb-1', FLEET);
    expect([...members.values()].map(({ tags }) => tags['group'])).toEqual(['a,c,b']);
    expect(warnings).toEqual(['hosts names some instances more than once, each is taken once: same (as web-1)']);
  });

  test('must not mean two, nor an instance that EC2 does not have', () => {
    const twins = [EC2, { ...EC2, instanceId: 'i-0abc9999', publicIp: '3.0.0.2' }];
    expect(rosterOf('web-1', twins).problems).toEqual([
      'hosts:1: the name web-1 means i-0abc1234, i-0abc9999; write the id',
    ]);
    expect([...rosterOf('web-1 ansible_host=3.0.0.2', twins).members.keys()]).toEqual(['i-0abc9999']);
    const gone = [{ ...EC2, state: 'terminated' as const }, ...twins.slice(1)];
    expect([...rosterOf('web-1', gone).members.keys()]).toEqual(['i-0abc9999']);
    expect(rosterOf('i-0123456789abcdef0', FLEET).problems).toEqual([
      'hosts:1: there is no instance i-0123456789abcdef0; look for it with: spot sync',
    ]);
  });
});

describe('the selection', () => {
  const stopped = newInstance('stopped', { publicIp: '10.0.0.8', state: 'stopped' });
  const fleet = [...FLEET, stopped];

  test('is the file, narrowed, and says who is in and out', () => {
    const roster = rosterOf('[web]\nweb-1\nstopped\n[db]\ndb-1', fleet, 'hosts.ini');
    const all = selectListed(fleet, { limit: [], exclude: [] }, roster);
    expect(all.chosen.map(({ instanceId }) => instanceId)).toEqual(['i-0abc1234', '10.0.0.4']);
    expect(describeSelection(all)).toBe('4 instances: 2 selected, 1 not in hosts.ini, 1 stopped');
    expect(describeNotReady(all, 'hosts.ini')).toMatch(
      /^hosts\.ini names an instance that is left out: stopped \(stopped\);/,
    );
    const web = selectListed(fleet, { limit: ['group=web'], exclude: ['stopped'] }, roster);
    expect(describeSelection(web)).toBe(
      '4 instances: 1 selected, 1 not in hosts.ini, 1 not selected by --limit, 1 excluded',
    );
    expect(web.notReady).toEqual([]);
    expect(selectListed(fleet, { limit: ['other'], exclude: [] }, roster).unmatched.limit).toEqual(['other']);
  });
});

test('what is not carried out is said once for each kind', () => {
  const text = `[all:vars]
ansible_ssh_private_key_file=~/.ssh/fleet
ansible_become=true
ansible_ssh_common_args='-o ProxyJump=x'
[local]
localhost ansible_connection=local
[rest]
a ansible_connection=ssh ansible_become=no
b ansible_password=x
c
`;
  const { hosts } = readInventory(text, 'hosts');
  const said = describeNotCarriedOut(hosts, '/home/u/.ssh/fleet', '/home/u');
  expect(said.map((line) => line.replace(/:.*/, ''))).toEqual([
    'ansible_connection of localhost is not carried out',
    'ansible_ssh_common_args of localhost, a, b … and 1 more is not carried out',
    'ansible_password of b is not carried out',
    'ansible_become of localhost, b, c is not carried out',
  ]);
  expect(describeNotCarriedOut(hosts, null, '/home/u').join()).toContain('ansible_ssh_private_key_file of');
});
