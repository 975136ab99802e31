import type { Config } from '../../config/config.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { type ListenAddress, parseListenAddress, requireTls } from '../../service/http/listen-address.ts';
import { listen } from '../../service/http/listen.ts';
import type { DoorLog } from '../../service/http/pino-log.ts';
import { createServer } from '../../service/http/server.ts';
import { readUiFiles } from '../../service/http/ui-files.ts';
import { reloadTls, type TlsFiles } from '../../service/http/tls.ts';
import type { Working } from '../../service/queue/queue.ts';
import type { GivenToken } from '../../service/tokens.ts';
import type { State } from '../../state/state.ts';
import { plural } from '../../util/format.ts';
import { createTimeIds } from '../../util/time-ids.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';
import { openServiceLog } from '../service-log.ts';
import { openServiceParts, type ServiceParts } from '../service-parts.ts';
import { Stop } from '../stop.ts';
import { checkToken, readTokenFile } from '../token-file.ts';
import { placeOf, UI_FOLDER, viewOf } from '../view-parts.ts';

declare const SPOT_VERSION: string;

export interface ServeOptions extends GlobalOptions {
  readonly listen?: string;
  readonly insecure?: boolean;
  /** false: with --no-worker */
  readonly worker: boolean;
  readonly ui?: boolean;
}

interface Serving {
  readonly config: Config;
  readonly address: ListenAddress;
  readonly givenTokens: readonly GivenToken[];
  readonly state: State;
  readonly io: Io;
  readonly log: DoorLog;
  readonly ui: boolean;
}

const FLAG_KEYS = { listen: { key: 'service.listen', flag: '--listen' } };

/** `spot serve`: takes requests, and does what they ask for unless others are to, until it is stopped. */
export async function serve(options: ServeOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io, FLAG_KEYS);
  const address = parseListenAddress(config.service.listen);
  const ui = options.ui === true;
  if (ui) requireTcp(address);
  requireTls(address, { tls: config.service.tlsCertificate !== null, insecure: options.insecure === true });
  const givenTokens = address.kind === 'socket' ? [] : readGivenTokens(config, io);
  return withState(config, io, async (state) => {
    const log = openServiceLog(config, io);
    // with a certificate SIGHUP asks for another look at it
    const stop = new Stop(io, tlsOf(config) === null ? undefined : ['SIGINT', 'SIGTERM']);
    const parts = await openServiceParts({ config, state, io, log });
    try {
      await serveUntil(stop, parts, { config, address, givenTokens, state, io, log, ui }, options.worker);
    } finally {
      await parts.close();
      stop.clear();
    }
    return ExitCode.ok;
  });
}

/** Who acquires, releases: the door is closed before the work is stopped, so that nothing is taken on for nobody. */
async function serveUntil(stop: Stop, parts: ServiceParts, serving: Serving, worker: boolean): Promise<void> {
  const { address, io, log } = serving;
  const tls = tlsOf(serving.config);
  const app = await createServer(serverOptions(parts, serving, tls));
  let working: Working | null = null;
  try {
    // whoever cannot work must not take requests
    working = worker ? await parts.startWorking() : null;
    const where = await listen(app, address);
    io.stderr.write(`spot: listening at ${where}; ${workWords(working, serving.config)}\n`);
    if (serving.ui) io.stderr.write(`spot: look at ${where}/ui/ and sign in with a token\n`);
    warnOfNoToken(serving);
    const stopReloading = reloadOnHangUp(app, tls, io, log);
    await stop.asked;
    stopReloading();
    log.info('stopping', { busy: working?.busy ?? 0 });
  } finally {
    await app.close();
    await working?.stop();
  }
}

function serverOptions(
  parts: ServiceParts,
  serving: Serving,
  tls: TlsFiles | null,
): Parameters<typeof createServer>[0] {
  const { config, address, givenTokens, state, io, log, ui } = serving;
  const newId = createTimeIds(io.clock, io.random);
  return {
    api: parts.api,
    view: viewOf(config, state, io),
    ui: ui ? { files: readUiFiles(UI_FOLDER), place: placeOf(config) } : null,
    uploads: parts.uploads,
    tokens: state.tokens,
    givenTokens,
    audit: state.audit,
    countDeployments: () => state.deployments.counts(),
    address,
    tls,
    limits: config.service,
    log,
    clock: io.clock,
    newRequestId: () => newId('rq'),
    version: SPOT_VERSION,
  };
}

/** @throws SpotError (exit 64): a browser cannot get at a Unix socket */
function requireTcp(address: ListenAddress): void {
  if (address.kind === 'tcp') return;
  const message = 'a browser cannot open a Unix socket; give --listen 127.0.0.1:8080 with --ui, or look with: spot ui';
  throw usageError('ui-needs-tcp', message);
}

/** Besides those in the state. @throws SpotError (exit 78) where one is none, or others may read it */
function readGivenTokens({ service: { tokenFile } }: Config, { env }: Io): GivenToken[] {
  const inEnvironment = env['SPOT_TOKEN'] || null;
  return [
    ...(tokenFile === null ? [] : [{ name: 'file', token: readTokenFile(tokenFile) }]),
    ...(inEnvironment === null ? [] : [{ name: 'environment', token: checkToken(inEnvironment, 'SPOT_TOKEN') }]),
  ];
}

function tlsOf({ service: { tlsCertificate: certificate, tlsKey: key } }: Config): TlsFiles | null {
  return certificate === null || key === null ? null : { certificate, key };
}

function workWords(working: Working | null, { service: { concurrency } }: Config): string {
  if (working === null) return 'the work is done by: spot worker';
  return `${working.workerId} works on ${plural(concurrency, 'deployment')} at once`;
}

function warnOfNoToken({ address, givenTokens, state, io }: Serving): void {
  if (address.kind === 'socket' || givenTokens.length > 0) return;
  if (state.tokens.list().some(({ revokedAt }) => revokedAt === null)) return;
  io.stderr.write('spot: note: no token lets anybody in yet; make one with: spot token create NAME\n');
}

type Server = Awaited<ReturnType<typeof createServer>>;

/** A renewed certificate needs no new service. What cannot be read leaves the old one in place. */
function reloadOnHangUp(app: Server, tls: TlsFiles | null, io: Io, log: DoorLog): () => void {
  if (tls === null) return () => undefined;
  return io.onSignal(['SIGHUP'], () => {
    try {
      reloadTls(app, tls);
      log.info('the certificate was read again');
    } catch (error) {
      log.error('the certificate stays as it was', { error });
    }
  });
}
