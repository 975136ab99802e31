const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `999 B`, `1.2 KB`, `14 KB`, `100 MB`: decimal units, at most three digits. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** `320 ms`, `1.4 s`, `42 s`, `3m12s`, `2h05m`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${pad(Math.floor((whole % 3600) / 60))}m`;
}

/** `42 s ago`, `12 min ago`, `3 h ago`, `5 d ago`. */
export function formatAge(ms: number): string {
  return `${formatSpan(ms)} ago`;
}

/** `42 s`, `12 min`, `3 h`, `5 d`: the largest unit that is full. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

/** `1 instance`, `2 instances`. */
export function plural(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}

/** Permission bits as people write them: `0755`. */
export function formatMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

const MOST_QUOTED = 60;

/** A word that somebody sent, as messages show it: its beginning, in JSON quotes. */
export function quoteWord(word: string): string {
  return JSON.stringify(word.length <= MOST_QUOTED ? word : `${word.slice(0, MOST_QUOTED)}…`);
}
