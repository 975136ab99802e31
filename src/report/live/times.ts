import { formatDuration } from '../../util/format.ts';

/** A clock that ticks in whole seconds: tenths would have every row drawn anew ten times a second. */
export function wholeSeconds(ms: number): string {
  return ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : formatDuration(Math.floor(ms / 1000) * 1000);
}

/** `0:07`, `12:00`, `1:02:03`. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const front = hours === 0 ? `${minutes}` : `${hours}:${pad(minutes)}`;
  return `${front}:${pad(seconds % 60)}`;
}
