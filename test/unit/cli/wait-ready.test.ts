import { expect, test } from 'vitest';
import { settleWaitReady } from '../../../src/cli/grammar/wait-ready.ts';

test.each([
  ['upload-script a.sh', 'upload-script a.sh'],
  ['upload-script --wait-ready a.sh', 'upload-script --wait-ready= a.sh'],
  ['upload-script a.sh --wait-ready', 'upload-script a.sh --wait-ready='],
  ['upload-script --wait-ready 90s a.sh', 'upload-script --wait-ready=90s a.sh'],
  ['upload-script --wait-ready=90s a.sh', 'upload-script --wait-ready=90s a.sh'],
  ['upload-script --wait-ready --quiet a.sh', 'upload-script --wait-ready= --quiet a.sh'],
  ['upload-script a.sh -- --wait-ready 90s', 'upload-script a.sh -- --wait-ready 90s'],
  ['upload-script a.sh --wait-ready -- 90s', 'upload-script a.sh --wait-ready= -- 90s'],
])('%s means %s', (typed, meant) => {
  expect(settleWaitReady(typed.split(' '))).toEqual(meant.split(' '));
});
