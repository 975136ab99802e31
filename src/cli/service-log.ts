import type { Config } from '../config/config.ts';
import { messageOf } from '../model/errors.ts';
import type { ServiceLog } from '../service/log.ts';
import type { Io } from './io.ts';

export function openServiceLog(_config: Config, io: Io): ServiceLog {
  const say =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      const { error, ...rest } = fields;
      const shown = error === undefined ? rest : { ...rest, error: messageOf(error), stack: (error as Error).stack };
      io.stderr.write(`${JSON.stringify({ level, msg: message, ...shown })}\n`);
    };
  return { info: say('info'), warn: say('warn'), error: say('error') };
}
