import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { platform } from 'node:os';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { openEventLog } from '../../service/events/log.ts';
import { listen } from '../../service/http/listen.ts';
import { pinoLog } from '../../service/http/pino-log.ts';
import { oneTimeSignIn } from '../../service/http/sessions.ts';
import { readUiFiles } from '../../service/http/ui-files.ts';
import { createUiServer, type UiServerOptions } from '../../service/http/ui-server.ts';
import { followRun } from '../../service/service.ts';
import { summaryOf } from '../../service/run-summary.ts';
import { Secret } from '../../util/secret.ts';
import { createTimeIds } from '../../util/time-ids.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { Stop } from '../stop.ts';
import { placeOf, UI_FOLDER, viewOf } from '../view-parts.ts';

export interface UiCommandOptions extends GlobalOptions {
  readonly port?: string;
  readonly open?: boolean;
}

/** How long the printed address opens the page, ms. */
const LIFETIME_MS = 10 * 60_000;
const SECRET_BYTES = 32;

/** `spot ui`: the page for whoever sits at this machine, until it is stopped. */
export async function ui(options: UiCommandOptions, io: Io): Promise<number> {
  const port = options.port === undefined ? 0 : parsePort(options.port);
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const log = pinoLog({ write: (line) => io.stderr.write(line) }, 'warn');
    const onProblem = (error: unknown): void => log.error('events of runs cannot be read', { error });
    const events = openEventLog(state.runEvents, { runs: state.runs, clock: io.clock, onProblem });
    const secret = new Secret(randomBytes(SECRET_BYTES).toString('base64url'));
    const newId = createTimeIds(io.clock, io.random);
    const stop = new Stop(io);
    const server = await createUiServer({
      address: { kind: 'tcp', host: '127.0.0.1', port },
      limits: config.service,
      log,
      clock: io.clock,
      newRequestId: () => newId('rq'),
      view: viewOf(config, state, io),
      runs: { run: (runId) => summaryOf(runId, state), events: followRun(state, events) },
      files: readUiFiles(UI_FOLDER),
      place: placeOf(config),
      signIn: oneTimeSignIn({ secret, name: 'you', lifetimeMs: LIFETIME_MS }, io.clock),
    } satisfies UiServerOptions);
    try {
      const where = await listen(server, { kind: 'tcp', host: '127.0.0.1', port });
      // behind the #: a browser sends that to nobody, and no log or Referer has it
      tell(`${where}/ui/#${secret.reveal()}`, options.open === true, io);
      await stop.asked;
    } finally {
      await server.close();
      events.close();
      stop.clear();
    }
    return ExitCode.ok;
  });
}

function tell(address: string, open: boolean, io: Io): void {
  io.stdout.write(`${address}\n`);
  io.stderr.write('spot: this address opens the page once, within ten minutes; Ctrl-C ends it\n');
  if (!open) return;
  const program = platform() === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [address], { stdio: 'ignore', detached: true, env: { ...io.env } });
  child.on('error', () => io.stderr.write(`spot: note: ${program} cannot be started; open the address yourself\n`));
  child.unref();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw usageError(
    'bad-port',
    `--port '${text}' is no port; give a number from 1 to 65535, or leave it out for a free one`,
  );
}
