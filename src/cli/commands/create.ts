import { hasMorePlaces, placesIn } from '../../fleet/launch-places.ts';
import type { Cloud, Image, SpotPrice } from '../../inventory/cloud.ts';
import { SpotError, usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { CREATION_TAG, type CreationRequest, type LaunchPlace } from '../../model/creation.ts';
import type { Instance } from '../../model/instance.ts';
import type { Plan } from '../../model/plan.ts';
import type { Finding } from '../../payload/checks/finding.ts';
import type { State } from '../../state/state.ts';
import type { Keyring } from '../../transport/ssh/keyring.ts';
import { findPublicKey } from '../../transport/ssh/public-key.ts';
import { openCloud } from '../cloud.ts';
import { withState } from '../context.ts';
import { type Contradiction, refuseBoth, refuseContradictions } from '../contradictions.ts';
import { asKeys, type CreationFlags, CREATION_KEYS, readUserData, requestOf } from '../creation-request.ts';
import { settle, type Settled } from '../creation-payload.ts';
import { describeCreation, describePrice, draftDocument, draftText, resultDocument } from '../create-view.ts';
import type { Io } from '../io.ts';
import { requireSound } from '../preflight/findings.ts';
import { chooseSource, openSource, type PayloadSource } from '../payload-source.ts';
import { canAsk, requireYes } from '../prompt.ts';
import { describeShortfall, provision, type Provisioned } from '../provision.ts';
import { firstOf } from '../several.ts';
import { openKeyring, openSshTransport } from '../ssh.ts';
import { terminateFailed } from '../terminate-failed.ts';
import { type Order, planOf, readOrder, type UploadScriptOptions } from './upload-script.ts';

/** Of the flags of `upload-script` those that make sense for instances that are not there yet. */
export interface CreateOptions
  extends
    CreationFlags,
    Omit<
      UploadScriptOptions,
      'limit' | 'exclude' | 'jsonLines' | 'detach' | 'onlyMissing' | 'serial' | 'pause' | 'maxFail' | 'failFast'
    > {
  readonly payload?: string;
  readonly terminateOnFailure?: boolean;
  /** false for --no-wait */
  readonly wait?: boolean;
}

const EXCLUSIVE: readonly Contradiction<CreateOptions>[] = [
  ['onDemand', 'maxPrice'],
  ['ami', 'image'],
];

/** Those that are about a payload. */
const OF_PAYLOAD: readonly [keyof CreateOptions, string][] = [
  ['files', '--files'],
  ['env', '--env'],
  ['envFile', '--env-file'],
  ['remotePath', '--remote-path'],
  ['copyOnly', '--copy-only'],
  ['cleanup', '--cleanup'],
  ['terminateOnFailure', '--terminate-on-failure'],
];

interface Surroundings {
  readonly order: Order;
  readonly options: CreateOptions;
  readonly state: State;
  readonly cloud: Cloud;
  readonly keyring: Keyring;
  readonly io: Io;
}

/**
 * `spot create`: everything is checked and packed → places → instances → ready → payload. Nothing is created for a script
 * that is not there.
 */
export async function create(args: readonly string[], options: CreateOptions, io: Io): Promise<number> {
  refuseWrongUse(options, args);
  const order = await readOrder(
    args,
    { ...options, ...asKeys(options), waitReady: options.waitReady ?? true },
    io,
    CREATION_KEYS,
  );
  const userData = options.userData === undefined ? null : await readUserData(options.userData, io);
  const wanted = requestOf(options, order.config, userData);
  return withState(order.config, io, async (state) => {
    const source = await packedPayload(options.payload, order, state, io);
    const keyring = openKeyring(io);
    const request = { ...wanted, publicKey: await usableKey(order, keyring, state, io) };
    const cloud = await openCloud(order.config, io);
    const surroundings = { order, options, state, cloud, keyring, io };
    try {
      const findings = (await source?.findings) ?? [];
      if (options.dryRun) return await showDraft(request, source, findings, surroundings);
      requireSound(findings, options, io);
      await requireConsent(request, source, surroundings);
      await source?.register();
      return await createAll(request, userData, source, surroundings);
    } finally {
      cloud.close();
    }
  });
}

/** @throws SpotError (exit 64) */
function refuseWrongUse(options: CreateOptions, args: readonly string[]): void {
  refuseContradictions(options, EXCLUSIVE);
  if (options.wait === false && options.waitReady !== undefined) refuseBoth('--no-wait', '--wait-ready');
  if (options.payload !== undefined) {
    if (options.wait === false) refuseBoth('--no-wait', '--payload');
    return;
  }
  const flag = OF_PAYLOAD.find(([name]) => options[name] !== undefined)?.[1];
  const what = flag ?? (args.length > 0 ? 'arguments of a script' : null);
  if (what === null) return;
  throw usageError('no-payload', `${what} without a payload; say what is run on the new instances with --payload`);
}

async function packedPayload(
  word: string | undefined,
  order: Order,
  state: State,
  io: Io,
): Promise<PayloadSource | null> {
  if (word === undefined) return null;
  const request = { ...order, state, io };
  return openSource(await chooseSource(word, request), request);
}

/** The public half of a key that can be used to log in; ssh_config is read, too. */
async function usableKey({ config }: Order, keyring: Keyring, state: State, io: Io): Promise<string> {
  const { publicSshKeyPath: publicKeyPath, privateSshKeyPath: privateKeyPath, username } = config.aws;
  const agentSocket = io.env['SSH_AUTH_SOCK'] || null;
  const publicKey = await findPublicKey({ publicKeyPath, privateKeyPath, home: io.home, agentSocket }, keyring);
  const transport = await openSshTransport(config, state, io, keyring);
  try {
    await transport.prepare([{ user: username, address: ANY_ADDRESS, port: null }]);
  } finally {
    await transport.close();
  }
  return publicKey;
}

/** Of TEST-NET-1 (RFC 5737): stands for an instance that has no address yet. */
const ANY_ADDRESS = '192.0.2.1';

async function showDraft(
  request: CreationRequest,
  source: PayloadSource | null,
  findings: readonly Finding[],
  { order, options, cloud, io }: Surroundings,
): Promise<number> {
  const plan = source === null ? null : planFor(order, source, io);
  const images = new Map<string, Image>();
  const places: LaunchPlace[] = [];
  for (const region of request.regions) {
    images.set(region, await cloud.image(region, request));
    const zones = hasMorePlaces(request) ? await cloud.zones(region) : [];
    places.push(...placesIn(region, request, zones));
  }
  const draft = { request, places, images, prices: await pricesFor(request, cloud), plan, findings };
  io.stdout.write(options.json ? `${JSON.stringify(draftDocument(draft), null, 2)}\n` : draftText(draft));
  return ExitCode.ok;
}

function planFor(order: Order, source: PayloadSource, io: Io): Plan {
  return planOf(order, source, { chosen: [], skipped: [] }, io);
}

/** In the first region, where it most likely ends up; without them where nobody may ask. */
async function pricesFor({ lifecycle, regions, instanceTypes }: CreationRequest, cloud: Cloud): Promise<SpotPrice[]> {
  const [region] = regions;
  if (lifecycle !== 'spot' || region === undefined) return [];
  try {
    return await cloud.spotPrices(region, instanceTypes);
  } catch (error) {
    if (error instanceof SpotError) return [];
    throw error;
  }
}

/** It costs money: a person is asked, a pipeline is not. */
async function requireConsent(
  request: CreationRequest,
  source: PayloadSource | null,
  { options, cloud, io }: Surroundings,
): Promise<void> {
  if (options.yes || !canAsk(io)) return;
  const price = describePrice(await pricesFor(request, cloud), request.count);
  const verb = options.copyOnly ? 'copy' : 'run';
  const more = source === null ? '' : ` and ${verb} ${source.label} ${options.copyOnly ? 'to' : 'on'} them`;
  await requireYes(io, `Create ${describeCreation(request)} in ${request.regions.join(' or ')}${price}${more}?`, true);
}

async function createAll(
  request: CreationRequest,
  userData: Buffer | null,
  source: PayloadSource | null,
  surroundings: Surroundings,
): Promise<number> {
  const { order, options, state, cloud, keyring, io } = surroundings;
  const { config } = order;
  const quiet = options.quiet ?? false;
  const waits = options.wait ?? true;
  const provisioned = await provision({ request, userData, waits, quiet, config, cloud, state, io });
  const instances = provisioned.arrivals?.running ?? [];
  const settled = instances.length === 0 ? NOTHING : await settle({ instances, order, source, keyring, state, io });
  const isStopped = SIGNALLED.includes(settled.exitCode);
  if (!isStopped) state.creations.finished(provisioned.creationId);
  if (options.terminateOnFailure) await terminateFailed(instances, settled.outcomes, { cloud, state, io });
  const shortfall = describeShortfall(provisioned, request.count);
  if (shortfall !== null) io.stderr.write(`spot: ${shortfall}\n`);
  const exitCode = settled.exitCode || (shortfall === null ? ExitCode.ok : ExitCode.noInstance);
  if (isStopped || !waits) sayHowToGoOn(provisioned, isStopped, io);
  if (options.json) {
    const now = instancesOf(provisioned, state);
    const document = resultDocument({ request, provisioned, instances: now, runs: settled.runs, exitCode });
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  return exitCode;
}

function sayHowToGoOn({ creationId, ordered }: Provisioned, isStopped: boolean, io: Io): void {
  const ids = firstOf(ordered.map(({ instanceId }) => instanceId));
  const front = isStopped
    ? `spot: creation ${creationId} is not finished; its instances: ${ids}\n  go on with: the same command again\n`
    : `ordered: ${ids}\n  see when they run: spot sync\n`;
  io.stderr.write(`${front}  end them with: spot destroy --limit ${CREATION_TAG}=${creationId}\n`);
}

const NOTHING: Settled = { outcomes: new Map(), runs: [], exitCode: ExitCode.ok };
const SIGNALLED: readonly number[] = [ExitCode.interrupted, ExitCode.terminated];

function instancesOf({ ordered }: Provisioned, state: State): Instance[] {
  return ordered.map(({ instanceId }) => state.instances.find(instanceId)).filter((instance) => instance !== null);
}
