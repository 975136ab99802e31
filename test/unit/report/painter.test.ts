import { describe, expect, it } from 'vitest';
import type { ColorFlag } from '../../../src/report/painter.ts';
import { loadPainter, resolveColor } from '../../../src/report/painter.ts';

describe('whether to use colour', () => {
  it.each<[string, ColorFlag, Record<string, string>, boolean, boolean]>([
    ['a terminal', 'auto', {}, true, true],
    ['no terminal', 'auto', {}, false, false],
    ['a dumb terminal', 'auto', { TERM: 'dumb' }, true, false],
    ['NO_COLOR', 'auto', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR says nothing', 'auto', { NO_COLOR: '' }, true, true],
    ['FORCE_COLOR without a terminal', 'auto', { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR=0 on a terminal', 'auto', { FORCE_COLOR: '0' }, true, false],
    ['NO_COLOR is stronger than FORCE_COLOR', 'auto', { NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    ['--color always is stronger than both', 'always', { NO_COLOR: '1', TERM: 'dumb' }, false, true],
    ['--color never is stronger than both', 'never', { FORCE_COLOR: '1' }, true, false],
  ])('%s', (_name, flag, env, isTTY, expected) => {
    expect(resolveColor({ flag, env, isTTY })).toBe(expected);
  });

  it('paints by meaning with colour, and leaves text alone without', async () => {
    const colored = await loadPainter(true);
    expect(colored.bad('failed')).toBe('\u001B[31mfailed\u001B[39m');
    expect(colored.good('ok')).toBe('\u001B[32mok\u001B[39m');
    const plain = await loadPainter(false);
    expect([plain.bad('failed'), plain.warn('note'), plain.bold('name')]).toEqual(['failed', 'note', 'name']);
  });
});
