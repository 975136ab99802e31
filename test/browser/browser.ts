import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { findProgram } from '../helpers/require.ts';

/** Debian's chromium without a screen. As root it has no sandbox, and in a container little shared memory. */
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-extensions'];

export interface LookOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colors?: 'light' | 'dark';
  /** how much larger all of it is, as by Ctrl-+ */
  readonly zoom?: number;
}

/** A tab, and whatever went wrong in it. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** errors of scripts, messages of the console that are errors, violations of the content security policy */
  readonly problems: string[];
  /** addresses that were asked for on other hosts than the page's own */
  readonly foreign: string[];
}

/** One browser for the tests of a file. Ask `requireProgram('chromium')` first. */
export function useBrowser(): { open(options?: LookOptions): Promise<Tab> } {
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findProgram('chromium') as string, args: ARGUMENTS });
    // what is started for the first page stays
    await (await browser.newPage()).close();
  }, 30_000);
  afterAll(() => browser?.close());
  return { open: (options = {}) => openTab(browser as Browser, options) };
}

async function openTab(
  browser: Browser,
  { width = 1280, height = 800, colors = 'light', zoom = 1 }: LookOptions,
): Promise<Tab> {
  const viewport = { width: Math.round(width / zoom), height: Math.round(height / zoom) };
  const context = await browser.newContext({ viewport, colorScheme: colors, deviceScaleFactor: zoom });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const tab: Tab = { page, context, problems: [], foreign: [] };
  page.on('pageerror', (error) => tab.problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') tab.problems.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') tab.foreign.push(request.url());
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`refused by ${violatedDirective}: ${blockedURI}`);
    });
  });
  return tab;
}

/** Keeps a picture where TEST_PICTURES names a folder, for somebody to look at. */
export async function picture(page: Page, name: string, whole = false): Promise<void> {
  const folder = process.env['TEST_PICTURES'];
  if (folder === undefined || folder === '') return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
}
