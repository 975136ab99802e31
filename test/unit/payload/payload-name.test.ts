import { describe, expect, test } from 'vitest';
import { checkPayloadName, parseReference, payloadNameOf } from '../../../src/payload/payload-name.ts';
import { failureOf } from './support.ts';

describe('the name of a payload', () => {
  test.each(['deploy', 'deploy.sh', 'café-2', '_x', '9', 'a'.repeat(100)])('may be %s', (name) => {
    expect(checkPayloadName(name)).toBe(name);
  });

  test.each([
    ['', '""'],
    ['-x', '"-x"'],
    ['.x', '".x"'],
    ['a b', '"a b"'],
    ['a@1', '"a@1"'],
    ['a/b', '"a/b"'],
    ['a\u001b[1m', '"a\\u001b[1m"'],
    ['a'.repeat(101), `"${'a'.repeat(101)}"`],
  ])('may not be %j', async (name, shown) => {
    const message = `${shown} cannot name a payload; use up to 100 letters, digits, dots, dashes and _, and begin with a letter or digit`;
    expect(await failureOf(() => checkPayloadName(name))).toEqual([64, 'bad-payload-name', message]);
  });
});

test.each([
  ['deploy.sh', 'deploy.sh'],
  ['my deploy (2).sh', 'my-deploy-2-.sh'],
  ['a@2.sh', 'a-2.sh'],
  ['.hidden', 'hidden'],
  ['--x', 'x'],
  ['café – ünï.sh', 'café-ünï.sh'],
  ['???', 'script'],
  ['x'.repeat(200), 'x'.repeat(100)],
])('a script called %j makes a payload called %j', (script, name) => {
  expect(payloadNameOf(script)).toBe(name);
  expect(checkPayloadName(name)).toBe(name);
});

test.each([
  ['deploy', { name: 'deploy', version: null }],
  ['deploy@12', { name: 'deploy', version: 12 }],
  ['deploy.sh@1', { name: 'deploy.sh', version: 1 }],
  ['deploy@', null],
  ['deploy@0', null],
  ['deploy@01', null],
  ['deploy@x', null],
  ['deploy@1@2', null],
  ['deploy@1234567890', null],
  ['@1', null],
  ['./deploy', null],
  ['', null],
])('%j is read as %j', (word, reference) => {
  expect(parseReference(word)).toEqual(reference);
});
