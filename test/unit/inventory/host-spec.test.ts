import { describe, expect, test } from 'vitest';
import { parseHostSpec } from '../../../src/inventory/host-spec.ts';

describe('a host as people write it', () => {
  test.each([
    ['web1', null, 'web1', null],
    ['web1.example.com', null, 'web1.example.com', null],
    ['my_alias', null, 'my_alias', null],
    ['10.0.0.7', null, '10.0.0.7', null],
    ['ubuntu@10.0.0.7', 'ubuntu', '10.0.0.7', null],
    ['ubuntu@10.0.0.7:2222', 'ubuntu', '10.0.0.7', 2222],
    ['web1:1', null, 'web1', 1],
    ['web1:65535', null, 'web1', 65535],
    ['me@example.com@web1', 'me@example.com', 'web1', null],
    ['CORP\\me@web1', 'CORP\\me', 'web1', null],
    ['::1', null, '::1', null],
    ['fe80::1%eth0', null, 'fe80::1%eth0', null],
    ['[::1]', null, '::1', null],
    ['ubuntu@[2001:db8::7]:2222', 'ubuntu', '2001:db8::7', 2222],
  ])('%s', (text, user, address, port) => {
    expect(parseHostSpec(text)).toEqual({ user, address, port });
  });
});

test.each([
  ['', 'there is no host name or address'],
  ['ubuntu@', 'there is no host name or address'],
  [':22', 'there is no host name or address'],
  ['@web1', "there is no user before the '@'"],
  ['a b@web1', "'a b' is no user name"],
  ['-oProxyCommand=x@web1', "'-oProxyCommand=x' is no user name"],
  ['me:secret@web1', "'me:secret' is no user name"],
  ['-web1', "'-web1' is no host name"],
  ['web 1', "'web 1' is no host name"],
  ['web1;reboot', "'web1;reboot' is no host name"],
  ['wéb', "'wéb' is no host name"],
  ['../web1', "'../web1' is no host name"],
  ['ssh://web1', "the port '//web1' is no number from 1 to 65535"],
  ['web1:', "the port '' is no number from 1 to 65535"],
  ['web1:0', "the port '0' is no number from 1 to 65535"],
  ['web1:65536', "the port '65536' is no number from 1 to 65535"],
  ['web1:ssh', "the port 'ssh' is no number from 1 to 65535"],
  ['web1:2 2', "the port '2 2' is no number from 1 to 65535"],
  ['10.0.0.300', "'10.0.0.300' is no IPv4 address"],
  ['10.0.0', "'10.0.0' is no IPv4 address"],
  ['1::2::3', "'1::2::3' is no IPv6 address"],
  ['web1:22:23', "'web1:22:23' is no IPv6 address"],
  ['[web1]:22', "'web1' is no IPv6 address"],
  ['[]:22', "'' is no IPv6 address"],
  ['[::1', "'[' needs a ']' with nothing but :port behind it"],
  ['[::1]22', "'[' needs a ']' with nothing but :port behind it"],
  ['[::1]:', "the port '' is no number from 1 to 65535"],
])('%o is refused: %s', (text, reason) => {
  expect(() => parseHostSpec(text)).toThrow(
    expect.objectContaining({
      code: 'bad-host',
      exitCode: 64,
      message: `cannot read the host '${text}': ${reason}; write [user@]host[:port]`,
    }),
  );
});
