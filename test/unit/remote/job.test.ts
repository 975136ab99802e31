import { describe, expect, test } from 'vitest';
import { archivePath, attachCommand, remotePaths } from '../../../src/remote/job.ts';

const PATHS = remotePaths('20261121T034512000000_42');

describe('the places on an instance', () => {
  test('are named by the stamp', () => {
    expect(PATHS).toEqual({
      control: '/tmp/.spot_20261121T034512000000_42',
      deploy: '/tmp/deploy_files_20261121T034512000000_42',
      rescue: '/tmp/.spot_20261121T034512000000_42/rescue',
    });
    expect(archivePath(PATHS)).toBe('/tmp/.spot_20261121T034512000000_42/payload.tar.gz');
  });
});

describe('the commands for a run that was started', () => {
  test('name its folder, the nonce and the offsets', () => {
    expect(attachCommand(PATHS, 'nonce', 10, 0)).toMatch(
      /^sh -c '[^'!\\\n]+' spot \/tmp\/\.spot_20261121T034512000000_42 nonce 10 0$/,
    );
  });
});
