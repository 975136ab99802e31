import type { Page } from 'playwright-core';

/** What can be used without having a name, images without words, ids that occur twice, and more than one main heading. */
export function nameProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const shown = (element: Element): boolean => element.getClientRects().length > 0;
    const nameOf = (element: Element): string => {
      const labelled = element.getAttribute('aria-label') ?? '';
      const own = [...((element as HTMLInputElement).labels ?? [])].map((label) => label.textContent).join(' ');
      return (labelled || own || element.textContent || '').trim();
    };
    const problems: string[] = [];
    for (const element of document.querySelectorAll(
      'a, button, input, summary, [role=img], [role=group], nav, dialog',
    )) {
      if (shown(element) && element.getAttribute('aria-hidden') !== 'true' && nameOf(element) === '') {
        problems.push(`without a name: ${element.outerHTML.slice(0, 120)}`);
      }
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    problems.push(...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `twice: #${id}`));
    const mains = [...document.querySelectorAll('h1')].filter(shown).length;
    if (mains !== 1) problems.push(`${mains} main headings`);
    for (const table of document.querySelectorAll('table')) {
      if (table.querySelector('th[scope=col]') === null || table.caption === null)
        problems.push('a table without heads');
    }
    return problems;
  });
}

/** Texts whose contrast with what is behind them is below AA (WCAG 2.2, 1.4.3): 4.5, or 3 where they are large. */
export function contrastProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Color = readonly [number, number, number, number];
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    const read = (color: string): Color => {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = color;
      pen.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const over = (top: Color, below: Color): Color => {
      const mix = (index: 0 | 1 | 2): number => top[index] * top[3] + below[index] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const backgroundOf = (element: Element | null): Color => {
      if (element === null) return [255, 255, 255, 1];
      const own = read(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, backgroundOf(element.parentElement));
    };
    const luminance = (color: Color): number => {
      const [red, green, blue] = color.slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const problems = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (element === null || node.textContent?.trim() === '' || element.getClientRects().length === 0) continue;
      const style = getComputedStyle(element);
      const behind = backgroundOf(element);
      const [light, dark] = [luminance(over(read(style.color), behind)), luminance(behind)].sort((a, b) => b - a) as [
        number,
        number,
      ];
      const ratio = (light + 0.05) / (dark + 0.05);
      const size = Number.parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio >= (isLarge ? 3 : 4.5)) continue;
      problems.add(
        `${ratio.toFixed(2)}: ${element.tagName} ${element.className} "${(node.textContent ?? '').slice(0, 30)}"`,
      );
    }
    return [...problems];
  });
}
