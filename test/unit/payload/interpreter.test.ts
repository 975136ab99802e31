import { describe, expect, test } from 'vitest';
import { entrypointFor, parseInterpreter } from '../../../src/payload/interpreter.ts';

describe('the interpreter of a script', () => {
  test.each([
    ['is the program of the first line', '#!/bin/sh\necho', ['/bin/sh']],
    ['keeps one argument', '#!/bin/bash -e\n', ['/bin/bash', '-e']],
    ['takes all that follows as one argument, as Linux does', '#!/bin/bash -e -u  x\n', ['/bin/bash', '-e -u  x']],
    ['may be looked up by env', '#!/usr/bin/env python3\n', ['/usr/bin/env', 'python3']],
    ['leaves the splitting of env -S to env', '#!/usr/bin/env -S node --x y\n', ['/usr/bin/env', '-S node --x y']],
    ['may stand after blanks and before blanks', '#! \t/bin/sh \t -x \t\n', ['/bin/sh', '-x']],
    ['is read without the carriage return', '#!/bin/bash\r\necho\r\n', ['/bin/bash']],
    ['is read without the carriage return of its argument', '#!/usr/bin/env bash\r\n', ['/usr/bin/env', 'bash']],
    ['is found behind a byte order mark', '\uFEFF#!/bin/sh\n', ['/bin/sh']],
    ['may be the whole script', '#!/bin/true', ['/bin/true']],
    ['is bash where there is none', 'echo hello\n', ['bash']],
    ['is bash where the line names none', '#!  \necho\n', ['bash']],
    ['is bash where #! is not the beginning', '\n#!/bin/sh\n', ['bash']],
    ['is bash where the first line is a comment', '# #!/bin/sh\n', ['bash']],
  ])('%s', (_, text, interpreter) => {
    expect(parseInterpreter(text)).toEqual(interpreter);
  });
});

describe('the name of a script inside the archive', () => {
  test.each([
    [['bash'], 'script.sh'],
    [['/bin/sh', '-e'], 'script.sh'],
    [['/usr/bin/perl'], 'script.sh'],
    [['/usr/bin/env'], 'script.sh'],
    [['/usr/bin/python3.11'], 'script.py'],
    [['python'], 'script.py'],
    [['/usr/bin/env', 'python3'], 'script.py'],
    [['/usr/bin/env', '-S python3 -u'], 'script.py'],
    [['/usr/bin/env', '-S PYTHONUTF8=1 /opt/py/bin/python3'], 'script.py'],
    [['/usr/bin/env', 'node'], 'script.js'],
    [['/usr/bin/nodejs'], 'script.js'],
  ])('for %j it is %s', (interpreter, name) => {
    expect(entrypointFor(interpreter)).toBe(name);
  });
});
