import process from 'node:process';

/** Stands in the environment of everything a test file starts, here and on its hosts. */
export const LEAK_MARK = 'TEST_LEAK_MARK';

/** `…_20260911T091857016093_4711…`: time in UTC down to the microsecond, process id of the client. */
const STAMP = /_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})\d{3}_(\d+)/;

/** Two clocks are compared, that of the test and that of the client, ms. */
const SLACK_MS = 50;

const VALUE = `${process.pid}-${Date.now()}`;
/** When a client lived: process ids come round again, and the next one may belong to another test file. */
interface Life {
  readonly begin: number;
  end: number;
}

const lives = new Map<number, Life[]>([[process.pid, [{ begin: 0, end: Infinity }]]]);

/** Marks what this process starts from now on; the value differs between test files, which run side by side. */
export function leakMark(): string {
  process.env[LEAK_MARK] = VALUE;
  return VALUE;
}

/**
 * Remembers the process id of a client: it is part of the names of its folders on the hosts.
 * @returns to be called when the client has ended
 */
export function noteClient(pid: number): () => void {
  const life: Life = { begin: Date.now(), end: Infinity };
  lives.set(pid, [...(lives.get(pid) ?? []), life]);
  return () => (life.end = Date.now());
}

/** The folders of runs that clients of this test file began: this process, and every binary it started. */
export function isOfNotedClient(folder: string): boolean {
  const [, year, month, day, hour, minute, second, ms, pid] = STAMP.exec(folder) ?? [];
  const begun = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(ms),
  );
  return (lives.get(Number(pid)) ?? []).some(({ begin, end }) => begin - SLACK_MS <= begun && begun <= end + SLACK_MS);
}
