import { expect, test } from 'vitest';
import type { Payload } from '../../../src/model/payload.ts';
import { roomFor } from '../../../src/run/room.ts';

test('a payload takes its archive, its content, a block for each entry, and a megabyte', () => {
  const directory = { type: 'directory', path: 'a', mode: 0o755 } as const;
  const manifest = { files: [directory, { ...directory, path: 'b' }] };
  const payload = { sizeBytes: 1000, contentBytes: 5000, manifest } as unknown as Payload;
  expect(roomFor(payload)).toEqual({ archive: 1000, content: 5000, total: 6000 + 2 * 4096 + 1024 * 1024 });
});
