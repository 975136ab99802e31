import type { Ec2Endpoint } from '../helpers/ec2/endpoint.ts';
import type { SpotOptions, SpotResult } from '../helpers/spot.ts';
import { Page } from './markdown.ts';
import { Project } from './project.ts';

/** A user's folder whose instances are those of an EC2 endpoint. */
export class Ec2Project extends Project {
  readonly #endpoint: Ec2Endpoint;

  /** @param aws lines of the section `aws` of config.yaml */
  constructor(endpoint: Ec2Endpoint, ...aws: readonly string[]) {
    super();
    this.#endpoint = endpoint;
    this.configure('regions: [us-east-1, eu-west-1]', ...aws);
    this.write('ok.sh', 'true\n');
  }

  configure(...aws: readonly string[]): void {
    this.write('config.yaml', ['aws:', ...aws.map((line) => `  ${line}`), ''].join('\n'));
  }

  override run(args: readonly string[], options: Omit<SpotOptions, 'cwd' | 'home'> = {}): Promise<SpotResult> {
    return super.run(args, { ...options, env: { ...this.#endpoint.env, ...options.env } });
  }

  /** As `run`, for what must succeed. @returns what it said, without durations */
  async ok(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const { exitCode, stdout, stderr } = await this.run(args);
    if (exitCode !== 0) throw new Error(`spot ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
    return { stdout, stderr: withoutTimes(stderr) };
  }

  /** `name state` of each instance, by id. */
  states(): string[] {
    return this.rows('SELECT name, state FROM instances ORDER BY name').map((row) =>
      [row['name'], row['state']].join(' '),
    );
  }

  /** Makes everything that was looked up so many seconds older. */
  age(seconds: number): void {
    const older = (column: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column}, '-${seconds} seconds')`;
    this.change(`UPDATE syncs SET synced_at = ${older('synced_at')};
      UPDATE instances SET created_at = ${older('created_at')}, seen_at = ${older('seen_at')}`);
  }
}

/** `in 320 ms` becomes `in …`. */
export function withoutTimes(text: string): string {
  return text.replaceAll(/\bin (\d+ ms|[\d.]+ s)/g, 'in …');
}

/** Nobody listens there. */
export const SILENT = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };

/** The document of a command as docs/output.md shows it; it takes EC2 to make one. */
export function shownFor(command: string): unknown {
  const block = new Page('docs/output.md').blocks.find(({ info }) => info[1] === command);
  if (block === undefined) throw new Error(`docs/output.md shows no document of ${command}`);
  return JSON.parse(block.text) as unknown;
}
