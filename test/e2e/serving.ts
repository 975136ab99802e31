import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunningSpot } from '../helpers/spot.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { Project } from './project.ts';

/** A service of a project while it runs. */
export interface Serving {
  /** what clients write behind --via */
  readonly via: string;
  readonly running: RunningSpot;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `spot serve` in a project; it is stopped when the test is over. */
export async function serve(
  project: Project,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Serving> {
  const running = project.start(['serve', ...args], { env, timeoutMs: 120_000 });
  await running.saw('listening at ', 20_000);
  let isOver = false;
  const ended = running.result.finally(() => (isOver = true));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (!isOver) running.kill(signal);
    await ended;
  };
  onTestFinished(() => stop());
  return { via: join(project.cwd, '.spot/service.sock'), running, stop };
}

/** Somebody without a fleet, who has a script and asks a service. */
export class ViaProject extends Project {
  readonly via: string;

  constructor(via: string) {
    super();
    this.via = via;
  }

  /** @returns whether anything of a state is here */
  get hasState(): boolean {
    return existsSync(join(this.cwd, '.spot'));
  }

  upload(...words: string[]): string[] {
    return ['upload-script', ...words, '--via', this.via];
  }
}

/** One that nobody listens at a moment later. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until a query of the service's state has that answer. */
export async function waitForRows(project: Project, sql: string, isThere: (rows: unknown[]) => boolean): Promise<void> {
  await waitFor(sql, () => isThere(project.rows(sql)), 20_000);
}
