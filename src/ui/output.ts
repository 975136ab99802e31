import { formatBytes } from '../util/format.ts';
import { refusalOf } from './ask.ts';
import { h, setText } from './dom.ts';
import type { Page } from './page.ts';
import { plainText } from './plain-text.ts';

/** How much of an output comes at once, from its end, bytes. */
const TAIL_BYTES = 64 * 1024;
const MORE_BYTES = 512 * 1024;
/** More of one output is not kept on the page; it can be downloaded. */
const MOST_BYTES = 8 * 1024 * 1024;

/** One output: its end first, more of it when one asks, and what comes while the script goes on. */
export interface OutputPane {
  readonly element: HTMLElement;
  /** looks for what has come. @param bytes as many as there are by what is known */
  look(bytes: number): Promise<void>;
}

export function createOutput(path: string, stream: string, page: Page): OutputPane {
  const { element, text, size, more, download } = createParts(path, stream);
  const blocks: Uint8Array[] = [];
  let from = 0;
  let to = 0;
  const draw = (): void => {
    const isAtEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
    const all = plainText(decode(blocks, from > 0));
    text.textContent = all === '' ? 'It has said nothing.' : all;
    text.classList.toggle('is-empty', all === '');
    setText(size, from === 0 ? formatBytes(to) : `last ${formatBytes(to - from)} of ${formatBytes(to)}`);
    more.hidden = from === 0 || to - from >= MOST_BYTES;
    setText(more, `Load ${formatBytes(Math.min(MORE_BYTES, from))} before that`);
    download.hidden = to === 0;
    if (isAtEnd) text.scrollTop = text.scrollHeight;
  };
  const earlier = async (): Promise<void> => {
    const start = Math.max(0, from - MORE_BYTES);
    const block = await read(path, start, from - 1, page.signal);
    const before = text.scrollHeight;
    blocks.unshift(block);
    from = start;
    draw();
    text.scrollTop += text.scrollHeight - before;
  };
  more.addEventListener('click', () => void earlier().catch((error: unknown) => page.problem(error)));
  const look = async (bytes: number): Promise<void> => {
    if (to === 0 && bytes > TAIL_BYTES) from = to = bytes - TAIL_BYTES;
    // what has come is read in one go; of a great lot the end alone
    if (bytes - to > MOST_BYTES) {
      blocks.length = 0;
      from = to = bytes - TAIL_BYTES;
    }
    if (bytes > to) {
      blocks.push(await read(path, to, bytes - 1, page.signal));
      to = bytes;
    }
    draw();
  };
  return { element, look };
}

function createParts(path: string, stream: string) {
  const text = h('pre', { tabindex: 0, 'aria-label': stream });
  const size = h('span', { class: 'muted' });
  const more = h('button', { type: 'button', class: 'quiet', hidden: true });
  const download = h('a', { href: path, download: true, class: 'quiet' }, 'Download');
  const head = h('header', {}, h('h2', {}, stream), size, more, download);
  return { element: h('section', { class: 'pane' }, head, text), text, size, more, download };
}

async function read(path: string, first: number, last: number, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(path, { headers: { range: `bytes=${first}-${last}` }, signal, cache: 'no-store' });
  if (!response.ok) throw await refusalOf(response);
  return new Uint8Array(await response.arrayBuffer());
}

/** What stands in front of the first whole line is left out, where it is not the beginning. */
function decode(blocks: readonly Uint8Array[], isCut: boolean): string {
  const decoder = new TextDecoder();
  const text = blocks.map((block) => decoder.decode(block, { stream: true })).join('') + decoder.decode();
  const line = isCut ? text.indexOf('\n') : -1;
  return line === -1 || line === text.length - 1 ? text : text.slice(line + 1);
}
