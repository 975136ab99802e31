import { join } from 'node:path';
import { expect } from 'vitest';
import { sandboxOf } from '../faults/sandbox.ts';
import type { SpotResult } from '../helpers/spot.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { DEAD_SPEC, Project } from './project.ts';

/** web-2 says something else, and fails. */
const CHECK = `echo "release $1"
echo 'disk is fine'
if [ "$SPOT_INSTANCE_ID" = web-2 ] && [ ! -e "$2" ]; then echo 'load is high'; echo oops >&2; exit 3; fi
`;

/** A project with a check that fails on web-2, on a fleet of web-1, web-2 and `gone`, which nobody reaches. */
export class Checked extends Project {
  /** where this file exists, web-2 does not fail any more */
  readonly mended = join(tempDir(), 'mended');

  static async begin(): Promise<Checked> {
    const sandbox = await sandboxOf({ count: 2 });
    const project = new Checked();
    project.write('config.yaml', `aws:\n  private_ssh_key_path: ${sandbox.privateKeyPath}\n`);
    project.write('check.sh', CHECK);
    sandbox.instances.forEach(({ user, address, port }, index) =>
      project.add(`web-${index + 1}`, `${user}@${address}:${port}`),
    );
    project.add('gone', DEAD_SPEC);
    return project;
  }

  upload(...words: string[]): Promise<SpotResult> {
    const flags = ['--no-files', '--cleanup', '--quiet', '--retries', '0'];
    return this.run(['upload-script', 'check.sh', ...flags, ...words, '--', '1.4.2', this.mended]);
  }

  /** A run on all of them. @returns its id */
  async checked(): Promise<string> {
    const { exitCode } = await this.upload();
    expect(exitCode).toBe(6);
    return this.runIds()[0] as string;
  }

  /** newest first */
  runIds(): string[] {
    return this.rows('SELECT id FROM runs ORDER BY created_at DESC, rowid DESC').map(({ id }) => String(id));
  }

  /** What a command prints with `--json`. */
  async document(args: readonly string[], exitCode = 0): Promise<Record<string, unknown>> {
    const result = await this.run([...args, '--json']);
    expect(result).toMatchObject({ exitCode });
    return JSON.parse(result.stdout) as Record<string, unknown>;
  }
}
