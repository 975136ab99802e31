import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { picture, useBrowser } from './browser.ts';
import { contrastProblems, nameProblems } from './page-checks.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { writeLargeFleet } from './large-fleet.ts';
import { type Looking, openPage, startUi } from './looking.ts';
import { Project } from '../e2e/project.ts';

leakCheck();

const LOOKS = [
  { name: '1280-light', width: 1280, height: 800, colors: 'light' },
  { name: '1920-dark', width: 1920, height: 1080, colors: 'dark' },
  { name: '390-light', width: 390, height: 844, colors: 'light' },
  { name: '390-dark', width: 390, height: 844, colors: 'dark' },
  { name: 'at-200-percent', width: 1280, height: 800, colors: 'light', zoom: 2 },
] as const;

describe.skipIf(requireProgram('chromium') === null)('the page', () => {
  const browser = useBrowser();

  test.each(LOOKS)('can be read, reached and understood: $name', async ({ name, ...look }) => {
    const project = new Project();
    const { runs } = await writeLargeFleet(project, 200);
    const looking = await startUi(project);
    const tab = await browser.open(look);
    await openPage(tab, looking);
    for (const view of viewsOf(runs)) {
      await goTo(tab.page, looking, view);
      await picture(tab.page, `${view.name}-${name}`, true);
      const found = {
        names: await nameProblems(tab.page),
        contrast: await contrastProblems(tab.page),
        wide: await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      };
      expect({ view: view.name, ...found }).toEqual({
        view: view.name,
        names: [],
        contrast: [],
        wide: expect.any(Number),
      });
      expect(found.wide).toBeLessThanOrEqual(0);
    }
    await tab.page.keyboard.press('?');
    await picture(tab.page, `help-${name}`);
    expect(await contrastProblems(tab.page)).toEqual([]);
    expect([tab.problems, tab.foreign]).toEqual([[], []]);
  });

  test('is gone through with Tab in the order in which it is read; the grid is one stop', async () => {
    const project = new Project();
    await writeLargeFleet(project, 100);
    const looking = await startUi(project);
    const tab = await browser.open();
    await openPage(tab, looking);
    await tab.page.locator('.grid li').first().waitFor();
    const stops: string[] = [];
    for (let count = 0; count < 16; count += 1) {
      await tab.page.keyboard.press('Tab');
      stops.push(await tab.page.evaluate(wordsOfFocus));
    }
    // what is in front of the title comes after the end
    expect(stops.slice(0, 1)).toEqual(['Filter']);
    const grid = stops.findIndex((stop) => /, (succeeded|under way|failed)/.test(stop));
    expect(grid).toBeGreaterThan(3);
    expect(stops[grid + 1]).not.toMatch(/, (succeeded|under way|failed)/);
    const top = stops.indexOf('To the content');
    expect(stops.slice(top, top + 5)).toEqual(['To the content', 'spot', 'Fleet', 'Runs', 'Payloads']);
  });

  test('is looked at by checks that find what they look for', async () => {
    const { page } = await browser.open();
    const texts =
      '<h1>a</h1><h1>b</h1><p style="color:#999">pale</p><button></button><table></table><b id=x></b><i id=x></i>';
    await page.setContent(`<body style="background:#fff">${texts}</body>`);
    expect(await contrastProblems(page)).toEqual([expect.stringMatching(/^2\.85: P .*pale/)]);
    expect(await nameProblems(page)).toEqual([
      'without a name: <button></button>',
      'twice: #x',
      '2 main headings',
      'a table without heads',
    ]);
  });

  test('moves nothing for whoever wants no motion', async () => {
    const project = new Project();
    await writeLargeFleet(project, 20);
    const tab = await browser.open();
    await tab.page.emulateMedia({ reducedMotion: 'reduce' });
    await openPage(tab, await startUi(project));
    await tab.page.locator('.grid [data-look=going]').first().waitFor();
    expect(await tab.page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

interface Seen {
  readonly name: string;
  readonly hash: string;
  /** is there once all is */
  readonly wanted: string;
}

function viewsOf([going, ended]: readonly string[]): Seen[] {
  return [
    { name: 'fleet', hash: '#/', wanted: '.grid li' },
    { name: 'runs', hash: '#/runs', wanted: 'tbody tr' },
    { name: 'going', hash: `#/run/${going}`, wanted: '.clusters details' },
    { name: 'run', hash: `#/run/${ended}`, wanted: '.clusters details' },
    { name: 'attempt', hash: '', wanted: 'pre' },
    { name: 'instance', hash: '', wanted: 'tbody tr' },
    { name: 'payloads', hash: '#/payloads', wanted: 'tbody tr' },
    { name: 'version', hash: '#/payloads/deploy/3', wanted: '.facts' },
  ];
}

async function goTo(page: Page, { origin }: Looking, { name, hash, wanted }: Seen): Promise<void> {
  if (name === 'attempt') await page.locator('tbody a').first().click();
  else if (name === 'instance') await page.locator('.facts a').last().click();
  else await page.goto(`${origin}/ui/${hash}`);
  await page.locator(wanted).first().waitFor();
  if (name === 'run') await page.locator('.clusters summary').nth(1).click();
}

function wordsOfFocus(): string {
  const element = document.activeElement;
  return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
}
