import { pinoLog, type DoorLog } from '../../src/service/http/pino-log.ts';

/** The real log, written into memory. */
export interface MemoryLog extends DoorLog {
  /** all of it, as it would be on stderr */
  readonly text: () => string;
  readonly lines: () => Record<string, unknown>[];
}

export function memoryLog(): MemoryLog {
  const written: string[] = [];
  const log = pinoLog({ write: (line) => written.push(line) }, 'debug');
  return {
    ...log,
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
