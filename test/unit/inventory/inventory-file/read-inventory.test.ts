import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { readInventory } from '../../../../src/inventory/inventory-file/read-inventory.ts';
import { listed, problemsOf } from './support.ts';

describe('an inventory in INI', () => {
  test('has groups, groups of groups, their variables, ranges and quotes', () => {
    const ini = `
[web]
web[01:05:2].example.com ansible_port=2222 # every other one
db-[a:c] ansible_user="deploy"

; another way to comment
[old]
legacy ansible_ssh_host=10.0.0.9 ansible_ssh_port='2200' ansible_ssh_user=root motd="a b # c"

[all:vars]
ansible_user = ubuntu # whoever says nothing else

[production:children]
web
old

[web:vars]
ansible_user="admin"
`;
    expect(listed(ini)).toEqual([
      'admin@web01.example.com web01.example.com:2222 production,web',
      'admin@web03.example.com web03.example.com:2222 production,web',
      'admin@web05.example.com web05.example.com:2222 production,web',
      'deploy@db-a db-a: production,web',
      'deploy@db-b db-b: production,web',
      'deploy@db-c db-c: production,web',
      'ubuntu@legacy 10.0.0.9:2200 old,production',
    ]);
  });

  test('lets the variables of a child go before those of its parents, and those of a host before all', () => {
    const text = `
[b]
one
two ansible_user=own
[a:children]
b
[a:vars]
ansible_user=parent
ansible_port=1000
[b:vars]
ansible_user=child
`;
    expect(listed(text)).toEqual(['child@one one:1000 a,b', 'own@two two:1000 a,b']);
  });

  test('may be a plain list', () => {
    const text =
      '\uFEFFubuntu@10.0.0.1:2222\r\n# no\r\n\r\nweb-2\r\n[::1]:22\r\n2001:db8::7\r\n[2001:db8:0:0:0:0:0:1]\r\n';
    expect(listed(text)).toEqual([
      'ubuntu@10.0.0.1 10.0.0.1:2222',
      '@web-2 web-2:',
      '@::1 ::1:22',
      '@2001:db8::7 2001:db8::7:',
      '@2001:db8:0:0:0:0:0:1 2001:db8:0:0:0:0:0:1:',
    ]);
  });

  test.each([
    ['web-1 oops', "hosts:1: 'oops' is no key=value behind a host; write one host a line, variables as key=value"],
    ['web-1 a="b', 'hosts:1: a quote is not closed; close it'],
    [
      '[web:hots]\nweb-1',
      'hosts:1: cannot read the section [web:hots]; write [group], [group:children] or [group:vars]',
    ],
    ['[web:vars]\nweb-1', "hosts:2: 'web-1' is no key=value; here stand variables of the group web"],
    ['[a:children]\nb c', 'hosts:2: here stands one group a line, without variables'],
    ['[a:children]\nb', 'hosts:1: the group a has the child b, which is no group; add [b], or leave it out'],
    ['web[3:1]', 'hosts:1: the range [3:1] runs backwards; write the smaller end first'],
    ['web[1:2:0]', 'hosts:1: the range [1:2:0] goes by steps of 0; write 1 or more'],
    ['web[01:100]', 'hosts:1: the range [01:100] has ends of different lengths; write both like [01:10]'],
    ['web[1:z]', 'hosts:1: the range [1:z] mixes letters and numbers; write [1:9] or [a:f]'],
    ['w[1:999][1:999]', 'hosts:1: w[1:999][1:999] stands for more than 100000 hosts; write less'],
    ['web-1 ansible_port=ssh', "hosts:1: the port 'ssh' is no number from 1 to 65535; correct it"],
    ['web-1 ansible_user=-l', "hosts:1: '-l' is no user name; correct it"],
    ['web_1.x!', "hosts:1: cannot read the host 'web_1.x!': 'web_1.x!' is no host name; write [user@]host[:port]"],
    [
      'web-1 ansible_host="{{ ip }}"',
      'hosts:1: web-1 has the template {{ ip }}, and no template is filled in here; write the value itself',
    ],
    [
      '[a:children]\nb\n[b:children]\na\n[b]\nx',
      'hosts:1: the group a is a child of its own; leave it out of one of the two',
    ],
  ])('says what is wrong with %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });
});

describe('an inventory in YAML', () => {
  const YAML = `---
all:
  vars: { ansible_user: ubuntu }
  hosts:
    lone:
  children:
    web:
      hosts:
        web[1:2]:
          ansible_port: 2222
        "0x07": {}
      children:
        edge: { hosts: { edge-1: { ansible_host: 10.0.0.7, secret: !vault "x" } } }
    db: &db
      hosts: db-1
`;
  test('has the same, nested', () => {
    expect(listed(YAML)).toEqual(
      [
        'ubuntu@lone lone:',
        'ubuntu@web1 web1:2222 web',
        'ubuntu@web2 web2:2222 web',
        'ubuntu@edge-1 10.0.0.7: edge,web',
        'ubuntu@db-1 db-1: db',
      ].toSpliced(3, 0, 'ubuntu@0x07 0x07: web'),
    );
  });

  test.each([
    [
      'all:\n  hosts:\n    - web-1\n',
      'h.yml:2: hosts are a map here: write each with a colon behind it, not as a list',
    ],
    ['all:\n  host:\n    web-1:\n', "h.yml:2: a group has no 'host'; it has hosts, vars and children (of all)"],
    ['web:\n  hosts:\n    a:\n    a:\n', 'h.yml:4: a stands here twice; write it once'],
    ['- web-1\n', 'h.yml:1: an inventory in YAML is a map of groups; begin with "all:"'],
    ['web: 3\n', 'h.yml:1: the group web is a map of hosts, vars and children'],
    ['all: [\n', /^h\.yml:\d: this is not valid YAML: .+; correct that line$/],
    ['all: &x\n  children:\n    a: *x\n', /nested more than 50 deep|Unresolved alias/],
  ])('says what is wrong with %j', (text, problem) => {
    const [first = ''] = problemsOf(text, 'h.yml');
    if (typeof problem === 'string') expect(first).toBe(problem);
    else expect(first).toMatch(problem);
  });
});

describe('JSON', () => {
  test('may be what ansible-inventory --list prints', () => {
    const text = JSON.stringify({
      _meta: { hostvars: { 'web-1': { ansible_host: '10.0.0.1', ansible_port: 2222 }, 'db-1': {} } },
      all: { children: ['ungrouped', 'web'], vars: { ansible_user: 'ubuntu' } },
      web: { hosts: ['web-1'] },
      ungrouped: { hosts: ['db-1'] },
      more: ['web-2'],
    });
    expect(listed(text)).toEqual(['ubuntu@web-1 10.0.0.1:2222 web', 'ubuntu@db-1 db-1:', 'ubuntu@web-2 web-2: more']);
  });

  test.each([
    ['{"web": {"hosts": "a"}}', 'hosts: the hosts of web are no list of names; correct them'],
    ['{"instances": [{}]}', 'hosts: an instance has no instance_id; write it with: spot export json'],
    ['{', /^hosts: this is not valid JSON: .+; correct it$/],
  ])('says what is wrong with %j', (text, problem) => {
    expect(problemsOf(text)[0]).toMatch(problem);
  });
});

test('10,000 hosts are read within a second, and where they are in YAML within two', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `web-${index}`);
  const texts: [text: string, seconds: number][] = [
    [`[web]\n${names.map((name, index) => `${name} ansible_host=10.1.${index >> 8}.${index & 255}\n`).join('')}`, 1],
    [JSON.stringify({ _meta: { hostvars: {} }, web: { hosts: names } }), 1],
    [`web:\n  hosts:\n${names.map((name) => `    ${name}:\n      ansible_host: ${name}.example.com\n`).join('')}`, 2],
  ];
  for (const [text, seconds] of texts) {
    // of this process alone: others may keep the machine busy
    const before = process.cpuUsage();
    const { hosts, problems } = readInventory(text, 'hosts');
    const { user, system } = process.cpuUsage(before);
    expect({ hosts: hosts.length, problems }).toEqual({ hosts: 10_000, problems: [] });
    expect((user + system) / 1e6, text.slice(0, 20)).toBeLessThan(seconds);
  }
});
