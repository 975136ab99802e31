import { describe, expect, test } from 'vitest';
import { checkScript } from '../../../../src/payload/checks/check-script.ts';
import { describeFinding } from '../../../../src/payload/checks/finding.ts';
import { scriptOf } from '../../../../src/payload/script.ts';

/** `level code path:line` of all that is found in a script. */
function found(text: string): string[] {
  const findings = checkScript(scriptOf('deploy.sh', Buffer.from(text)));
  return findings.map(({ level, code, path, line }) => `${level} ${code} ${path}:${line}`);
}

describe('what is seen in a script', () => {
  test.each([
    ['nothing where it is in order', '#!/bin/bash\ntrue\n', []],
    ['nothing where env splits its words', '#!/usr/bin/env -S bash -e\ntrue\n', []],
    ['no interpreter line', 'true\n', ['note interpreter-line-missing deploy.sh:1']],
    ['one that is not the first', '\n#!/bin/sh\ntrue\n', ['warning interpreter-line-indented deploy.sh:1']],
    ['one that is indented', '  #!/bin/sh\ntrue\n', ['warning interpreter-line-indented deploy.sh:1']],
    ['a relative interpreter', '#!bin/bash\ntrue\n', ['warning interpreter-relative deploy.sh:1']],
    ['env without a program', '#!/usr/bin/env\ntrue\n', ['warning interpreter-missing deploy.sh:1']],
    ['words that env takes for one', '#!/usr/bin/env bash -e\ntrue\n', ['error interpreter-words deploy.sh:1']],
    ['CRLF', '#!/bin/sh\r\ntrue\r\n', ['warning crlf deploy.sh:null']],
    ['a byte order mark', '\uFEFF#!/bin/sh\ntrue\n', ['warning byte-order-mark deploy.sh:null']],
    ['a secret', '#!/bin/sh\n\nkey=AKIAIOSFODNN7EXAMPLE\n', ['warning secret-in-script deploy.sh:3']],
    ['a word that only begins like one', '#!/bin/sh\nkey=AKIA1\necho ghp_short PRIVATE KEY\n', []],
  ] as const)('%s', (_what, text, findings) => {
    expect(found(text)).toEqual(findings);
  });

  test('is said with the place, and how to mend it', () => {
    const [finding] = checkScript(scriptOf('./deploy.sh', Buffer.from('#!/usr/bin/env bash -e\n')));
    expect(finding && describeFinding(finding)).toBe(
      "./deploy.sh:1: Linux gives env all of 'bash -e' as the name of one program; split it with: #!/usr/bin/env -S bash -e",
    );
  });
});
