import { onTestFinished } from 'vitest';
import type { RunningSpot } from '../helpers/spot.ts';
import type { Tab } from './browser.ts';
import type { Project } from '../e2e/project.ts';

/** `spot ui` of a project while it runs. */
export interface Looking {
  /** with the secret that opens the page once */
  readonly address: string;
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  readonly running: RunningSpot;
}

/** Starts `spot ui`; it is ended with Ctrl-C when the test is over. */
export async function startUi(project: Project, args: readonly string[] = []): Promise<Looking> {
  const running = project.start(['ui', ...args], { timeoutMs: 120_000 });
  let isOver = false;
  const ended = running.result.finally(() => (isOver = true));
  onTestFinished(async () => {
    if (!isOver) running.kill('SIGINT');
    await ended;
  });
  await running.saw('Ctrl-C ends it', 20_000);
  const address = /^http:\S+$/m.exec(running.output())?.[0] ?? '';
  return { address, origin: new URL(address).origin, running };
}

/** Opens the page with its address, and then what is behind the # of another one. */
export async function openPage({ page }: Tab, { address, origin }: Looking, hash = ''): Promise<void> {
  await page.goto(address);
  await page.getByRole('heading', { name: 'Fleet' }).waitFor();
  if (hash !== '') await page.goto(`${origin}/ui/${hash}`);
}
