import { mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyOutputs } from '../../../src/cli/output-dir.ts';
import { anAttempt, anInstance, anOutput, at, aWriter, SUCCEEDED } from '../report/events.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const NOTHING_SAID = { stdout: anOutput(null), stderr: anOutput(null) };

function finished(stdout: string, stderr: string | null) {
  const outputs = { stdout: anOutput(stdout), stderr: anOutput(stderr) };
  return at.finished(1, anAttempt(anInstance('i-1'), SUCCEEDED, outputs));
}

test('outputs are copied as soon as an attempt has ended, those that are there', () => {
  const cwd = tempDir();
  const stderr = aWriter();
  writeFileSync(join(cwd, 'i-1.out'), 'said');
  copyOutputs('new/dir', { cwd, stderr })(finished(join(cwd, 'i-1.out'), null));
  expect(readdirSync(join(cwd, 'new/dir'))).toEqual(['i-1.out']);
  expect(readFileSync(join(cwd, 'new/dir/i-1.out'), 'utf8')).toBe('said');
  expect(stderr.text()).toBe('');
});

test('what was rescued is copied with its folders and links', () => {
  const cwd = tempDir();
  const stderr = aWriter();
  const path = join(cwd, 'i-1.rescue');
  mkdirSync(join(path, 'deep'), { recursive: true });
  writeFileSync(join(path, 'deep/part'), 'half');
  symlinkSync('deep/part', join(path, 'last'));
  const result = anAttempt(anInstance('i-1'), SUCCEEDED, { ...NOTHING_SAID, rescue: { path, bytes: 4 } });
  copyOutputs('dir', { cwd, stderr })(at.finished(1, result));
  expect(readFileSync(join(cwd, 'dir/i-1.rescue/deep/part'), 'utf8')).toBe('half');
  expect(readlinkSync(join(cwd, 'dir/i-1.rescue/last'))).toBe('deep/part');
  expect(stderr.text()).toBe('');
});

test('an output that cannot be copied is told with its place, and the others are copied', () => {
  const cwd = tempDir();
  const stderr = aWriter();
  const [out, err] = [join(cwd, 'i-1.out'), join(cwd, 'i-1.err')];
  writeFileSync(out, 'said');
  writeFileSync(err, 'whispered');
  mkdirSync(join(cwd, 'dir/i-1.out'), { recursive: true });
  copyOutputs('dir', { cwd, stderr })(finished(out, err));
  expect(readFileSync(join(cwd, 'dir/i-1.err'), 'utf8')).toBe('whispered');
  expect(stderr.text()).toBe(
    `spot: --output-dir: i-1.out was not copied (illegal operation on a directory); it is in ${out}\n`,
  );
});
