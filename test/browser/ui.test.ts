import { describe, expect, test } from 'vitest';
import { useBrowser } from './browser.ts';
import { leakCheck } from '../helpers/leaks.ts';
import { requireProgram } from '../helpers/require.ts';
import { HOSTILE, writeLargeFleet } from './large-fleet.ts';
import { openPage, startUi } from './looking.ts';
import { Project } from '../e2e/project.ts';

leakCheck();

const INSTANCES = 500;
/** On a machine that does other things, too, ms; a quiet one takes a tenth. */
const PATIENCE_MS = 3000;

describe.skipIf(requireProgram('chromium') === null)('spot ui', () => {
  const browser = useBrowser();

  test('opens with the address that it prints, once, and leaves no secret behind', async () => {
    const looking = await startUi(new Project());
    const { page, problems, foreign, context } = await browser.open();
    await page.goto(looking.address);
    await page.getByText('There is no instance in this state yet').waitFor();
    expect(page.url()).toBe(`${looking.origin}/ui/#/`);
    const [cookie, ...others] = await context.cookies();
    expect(others).toEqual([]);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', domain: '127.0.0.1', expires: -1 });
    await page.reload();
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    expect([problems, foreign]).toEqual([[], []]);

    const second = await browser.open();
    await second.page.goto(looking.address);
    await second.page.getByText('the address was used before').waitFor();
    expect((await second.page.request.get(`${looking.origin}/api/v1/fleet`)).status()).toBe(401);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('This page opens with the address that spot ui prints').waitFor();
    expect(await context.cookies()).toEqual([]);
  });

  test('shows 500 instances at once, and filters them as fast as one types', async () => {
    const project = new Project();
    await writeLargeFleet(project, INSTANCES);
    const looking = await startUi(project);
    const tab = await browser.open();
    const { page } = tab;
    await openPage(tab, looking);
    const cells = page.locator('.grid li:not([hidden])');
    await page.waitForFunction((count) => document.querySelectorAll('.grid li').length === count, INSTANCES);
    const shownMs = await page.evaluate(() => performance.now());
    const frame = await page.locator('.grid').boundingBox();
    expect(frame?.height).toBeLessThan(700);

    const filter = page.getByRole('searchbox', { name: 'Filter' });
    await page.keyboard.press('/');
    expect(await filter.evaluate((element) => element === document.activeElement)).toBe(true);
    const began = await page.evaluate(() => performance.now());
    await page.keyboard.insertText('role=db -succeeded');
    const filteredMs = (await page.evaluate(() => performance.now())) - began;
    const labels = await cells
      .locator('a')
      .evaluateAll((links) => links.map((link) => link.getAttribute('aria-label')));
    expect(labels.length).toBeGreaterThan(5);
    for (const label of labels) expect(label).toMatch(/^db-\d+, (?!succeeded)/);
    await page.getByText(`${INSTANCES} instances; ${labels.length} shown`).waitFor();
    console.log(`500 instances: shown after ${Math.round(shownMs)} ms, filtered in ${Math.round(filteredMs)} ms`);
    expect(shownMs).toBeLessThan(PATIENCE_MS);
    expect(filteredMs).toBeLessThan(PATIENCE_MS);

    await page.keyboard.press('Escape');
    expect(await cells.count()).toBe(INSTANCES);
    await page.getByRole('button', { name: /failed$/ }).click();
    expect(await cells.count()).toBeLessThan(30);
    expect([tab.problems, tab.foreign]).toEqual([[], []]);
  });

  test('is used with the keyboard alone, from the grid to an output and back', async () => {
    const project = new Project();
    const { runs } = await writeLargeFleet(project, 200);
    const looking = await startUi(project);
    const tab = await browser.open();
    const { page } = tab;
    await openPage(tab, looking, `#/run/${runs[1]}`);
    await page.locator('.grid li').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('failed');
    await page.keyboard.press('Enter');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    const first = await focused();
    expect(first).toMatch(/, failed, exit/);
    await page.keyboard.press('ArrowRight');
    const second = await focused();
    expect(second).toMatch(/, failed, exit/);
    expect(second).not.toBe(first);
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    expect(await focused()).toBe(first);
    await page
      .locator('.tip')
      .getByText(/^failed/)
      .waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: first.split(',')[0] as string, level: 1 }).waitFor();
    await page.locator('pre').getByText('E: Could not get lock').waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('PRE');
    for (const heading of ['deploy', 'Runs']) {
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
    }
    await page.keyboard.press('3');
    await page.getByRole('heading', { name: 'Payloads' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('clear the filter').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await page.keyboard.press('1');
    await page.getByRole('heading', { name: 'Fleet' }).waitFor();
    expect(tab.problems).toEqual([]);
  });

  test('shows what is hostile as what it is', async () => {
    const project = new Project();
    const { runs } = await writeLargeFleet(project, 40);
    const looking = await startUi(project);
    const tab = await browser.open();
    const { page } = tab;
    await openPage(tab, looking);
    const cell = page.getByRole('link', { name: HOSTILE });
    await cell.hover();
    await page.locator('.tip b').getByText(HOSTILE).waitFor();
    await page.goto(`${looking.origin}/ui/#/run/${runs[1]}`);
    await page.locator('.clusters details', { hasText: 'red' }).locator('summary').click();
    await page.getByRole('link', { name: HOSTILE }).first().click();
    const output = page.getByLabel('stdout');
    await output.getByText('red').waitFor();
    expect(await output.textContent()).toBe(`${HOSTILE}\nred\n`);
    expect(await page.evaluate(() => [document.images.length, document.title === '1'])).toEqual([0, false]);
    const download = page.waitForEvent('download');
    await page.locator('.pane', { hasText: 'stdout' }).getByText('Download').click();
    expect((await download).suggestedFilename()).toMatch(/\.out$/);
    expect([tab.problems, tab.foreign]).toEqual([[], []]);
  });

  test('gives of a long output the end first, and what stands before when one asks', async () => {
    const project = new Project();
    const { runs } = await writeLargeFleet(project, 20);
    const looking = await startUi(project);
    const tab = await browser.open();
    const { page } = tab;
    await openPage(tab, looking, `#/run/${runs[1]}`);
    await page.getByRole('link', { name: /^web-13, / }).click();
    const output = page.getByLabel('stdout');
    await output.getByText('line 6000: copied').waitFor();
    const text = async () => (await output.textContent()) ?? '';
    expect(await text()).not.toContain('line 1: copied');
    expect(await text()).toMatch(/^line \d+: copied/);
    await page.getByRole('button', { name: /^Load .* before that$/ }).click();
    await page.waitForFunction(() => document.querySelector('pre')?.textContent.startsWith('line 1: copied'));
    expect((await text()).split('\n')).toHaveLength(6001);
    expect(tab.problems).toEqual([]);
  });
});
