import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Keyboard } from '../../../src/cli/keyboard.ts';

/** A terminal that notes its mode. */
function aTerminal(): { stdin: NodeJS.ReadStream; isRaw: () => boolean } {
  const stream = new PassThrough();
  const stdin = Object.assign(stream, {
    isTTY: true,
    isRaw: false,
    setRawMode: (isRaw: boolean) => Object.assign(stdin, { isRaw }),
    ref: () => stdin,
    unref: () => stdin,
  });
  return { stdin: stdin as unknown as NodeJS.ReadStream, isRaw: () => stdin.isRaw };
}

test('the keyboard names the keys while it is taken, and leaves the rest to others', async () => {
  const { stdin, isRaw } = aTerminal();
  const heard: string[] = [];
  const keyboard = new Keyboard(stdin, {
    pressed: ({ name, text }) => heard.push(name === 'character' ? text : name),
    control: (key) => heard.push(`ctrl: ${key}`),
  });
  keyboard.take();
  expect(isRaw()).toBe(true);
  stdin.push('sL?漢\u001B[A\u001B[6~\r\u007F\u0003\u001A\u001C\u0001');
  stdin.push('\u001B');
  await expect.poll(() => heard.at(-1)).toBe('escape');
  const named = ['up', 'page-down', 'enter', 'backspace', 'ctrl: interrupt', 'ctrl: suspend', 'ctrl: quit', 'escape'];
  expect(heard).toEqual(['s', 'L', '?', '漢', ...named]);
  keyboard.giveBack();
  expect(isRaw()).toBe(false);
  stdin.push('for somebody else');
  await sleep(0);
  expect(heard).toHaveLength(12);
  expect(String(stdin.read())).toBe('for somebody else');
});
