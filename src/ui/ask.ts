/** What the server says no with. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const known = new Map<string, { readonly tag: string; readonly value: unknown }>();
/** Answers that are remembered; those of pages that one has left go first. */
const MOST_KNOWN = 50;

/**
 * Asks for a document. One that has not changed since it was last asked for is the very same object.
 * @throws Refusal, TypeError where nobody answers
 */
export async function ask<Answer>(path: string, signal: AbortSignal): Promise<Answer> {
  const before = known.get(path);
  const headers = before === undefined ? {} : { 'if-none-match': before.tag };
  const response = await fetch(path, { headers, signal, cache: 'no-store' });
  if (response.status === 304 && before !== undefined) return before.value as Answer;
  if (!response.ok) throw await refusalOf(response);
  const value = (await response.json()) as Answer;
  const tag = response.headers.get('etag');
  known.delete(path);
  if (tag !== null) known.set(path, { tag, value });
  const [oldest] = known.keys();
  if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest);
  return value;
}

/** Gives up what was remembered: somebody else may sign in. */
export function forgetAnswers(): void {
  known.clear();
}

export async function refusalOf(response: Response): Promise<Refusal> {
  const fallback = { code: 'internal', message: `the server answers ${response.status}` };
  const document = (await response.json().catch(() => null)) as { error?: typeof fallback } | null;
  const { code, message } = document?.error ?? fallback;
  return new Refusal(response.status, code, message);
}

export interface PageOf {
  readonly next_cursor: string | null;
}

const PAGE_SIZE = 1000;

/** All pages of a list, in their order; the same array where none of them has changed. */
export function createLister<Item>(
  path: string,
  itemsOf: (answer: PageOf) => readonly Item[],
): (signal: AbortSignal) => Promise<readonly Item[]> {
  let answers: readonly PageOf[] = [];
  let items: readonly Item[] = [];
  return async (signal) => {
    const found: PageOf[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer: PageOf = await ask<PageOf>(`${path}?limit=${PAGE_SIZE}${more}`, signal);
      found.push(answer);
      cursor = answer.next_cursor;
    }
    const isSame = found.length === answers.length && found.every((answer, index) => answer === answers[index]);
    if (!isSame) items = found.flatMap(itemsOf);
    answers = found;
    return items;
  };
}

/**
 * Does something again and again as long as the page is looked at, the first time at once.
 * @param work gives the pause until the next time, ms; null: never again
 */
export async function repeat(
  work: () => Promise<number | null>,
  signal: AbortSignal,
  onProblem: (error: unknown) => void,
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    let pause: number | null;
    try {
      pause = await work();
    } catch (error) {
      if (isOver()) return;
      onProblem(error);
      pause = error instanceof Refusal ? null : RETRY_MS;
    }
    if (pause === null) return;
    await sleep(pause, signal);
    if (document.hidden) await shown(signal);
  }
}

const RETRY_MS = 2000;

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}

function shown(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
