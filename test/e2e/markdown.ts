import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** what stands behind the fence, e.g. `['sh', 'runnable']` */
  readonly info: readonly string[];
  /** without the fences, with a newline at the end */
  readonly text: string;
}

/** A Markdown page of the project, as the tests read it. */
export class Page {
  readonly text: string;
  readonly blocks: readonly Block[];
  /** the page without its fenced blocks */
  readonly prose: string;

  /** @param path relative to the project's folder */
  constructor(path: string) {
    this.text = readFileSync(join(ROOT, path), 'utf8');
    const fences = [...this.text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)];
    this.blocks = fences.map(([, info = '', text = '']) => ({ info: info.split(' '), text }));
    this.prose = fences.reduce((text, [fence]) => text.replace(fence, ''), this.text);
  }

  /** The cells of the table whose first heading this is, without the heading, free of backticks. */
  table(firstHeading: string): string[][] {
    const lines = this.prose.split('\n');
    const start = lines.findIndex((line) => line.startsWith(`| ${firstHeading} `));
    if (start === -1) throw new Error(`there is no table that begins with "${firstHeading}"`);
    const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
    return lines.slice(start + 2, start + length).map(cellsOf);
  }

  /** What follows `#` in a link to one of its headings. */
  get anchors(): string[] {
    return [...this.prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slugOf(heading));
  }

  /** Where its links lead, without those to other sites. */
  get links(): string[] {
    const targets = [...this.prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    return targets.filter((target) => !/^[a-z]+:/.test(target));
  }

  /** Paths of the project's own files that it mentions in backticks. */
  get files(): string[] {
    const pattern = /`((?:src|test|bench|scripts|examples|bin|docs|\.ci)\/[\w./-]*)`/g;
    return [...this.prose.matchAll(pattern)].map(([, path = '']) => path);
  }
}

function cellsOf(line: string): string[] {
  const cells = line.split('|').slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('`', ''));
}

/** GitHub's rule. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
