import type { Config } from '../config/config.ts';
import { type DoorLog, pinoLog } from '../service/http/pino-log.ts';
import type { Io } from './io.ts';

/** Lines of JSON on stderr, as `service.log_level` says. */
export function openServiceLog({ service }: Pick<Config, 'service'>, io: Pick<Io, 'stderr'>): DoorLog {
  return pinoLog({ write: (line) => io.stderr.write(line) }, service.logLevel);
}
