import { pino } from 'pino';
import { messageOf } from '../../model/errors.ts';
import type { LogFields, ServiceLog } from '../log.ts';

/** The log of a service that also says what is of no interest mostly. */
export interface DoorLog extends ServiceLog {
  debug(message: string, fields?: LogFields): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line of JSON for each message: `{"level":"info","time":"2026-…Z","msg":"…", …}`. */
export function pinoLog(destination: { write(line: string): unknown }, level: LogLevel): DoorLog {
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    { write: (line) => void destination.write(line) },
  );
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
  };
}

/** Not the details of an error: nobody knows what is in them. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: messageOf(error) };
  const { code } = error as { code?: unknown };
  return { type: error.name, ...(code === undefined ? {} : { code }), message: error.message, stack: error.stack };
}
