import { describeNotReady, describeSelection } from '../../inventory/describe-selection.ts';
import { requireTargets } from '../../inventory/require-targets.ts';
import { inputError, SpotError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { harmless } from '../../report/text.ts';
import { parseServiceAddress } from '../../service/client/address.ts';
import { type RunOrder, type RunStarted, ServiceClient } from '../../service/client/client.ts';
import { requireConsent } from '../consent.ts';
import type { Order } from '../commands/upload-script.ts';
import { filterOf } from '../filter.ts';
import type { Io } from '../io.ts';
import { showRun } from './show-run.ts';
import { openViaSource, type ViaSource } from './source.ts';
import { readToken } from './token.ts';

/** How often the fleet of the service may change between the question and the answer. */
const MAX_LOOKS = 3;

/**
 * `spot upload-script --via`: packs here, and has a service run it on instances of its fleet. Nothing of the state here is
 * read or written.
 * @param via a URL, or the path of a socket
 * @returns the exit code
 */
export async function uploadScriptVia(word: string, via: string, order: Order, io: Io): Promise<number> {
  const address = parseServiceAddress(via, io.cwd);
  const token = address.kind === 'socket' ? null : readToken(order.config, io);
  const source = await openViaSource(word, order, io);
  const client = new ServiceClient(address, token, io);
  try {
    const { runId, errors } = await start(source, client, order, io);
    const exitBits = errors.length === 0 ? ExitCode.ok : ExitCode.unreachable;
    return await showRun({ runId, client, options: order.options, exitBits, io });
  } finally {
    client.close();
    source.remove();
  }
}

async function start(source: ViaSource, client: ServiceClient, order: Order, io: Io): Promise<RunStarted> {
  const { options } = order;
  const { limit, exclude } = filterOf(order);
  const words = { limit, exclude };
  for (let look = 1; ; look += 1) {
    const selection = await client.select(words);
    requireTargets(selection, `the service at ${client.address.shown}`);
    const notReady = describeNotReady(selection);
    if (notReady !== null) io.stderr.write(`spot: warning: ${harmless(notReady)}\n`);
    if (!options.quiet) io.stderr.write(`${describeSelection(selection)}\n`);
    const mode = options.copyOnly ? 'copy' : 'run';
    const sizeBytes = source.archive?.sizeBytes ?? null;
    const proposal = { label: source.label, mode, instances: selection.chosen, sizeBytes, rollout: null } as const;
    await requireConsent(proposal, options, order.config, io);
    const expected = selection.chosen.map(({ instanceId }) => instanceId);
    try {
      const started = await startUploading(source, client, runOrderOf(order, source, words, expected));
      announce(started, source, options.quiet === true, io);
      return started;
    } catch (error) {
      if (codeOf(error) !== 'selection-changed' || look === MAX_LOOKS) throw explainMissing(error, source);
      io.stderr.write('spot: the fleet of the service has changed in this moment\n');
    }
  }
}

/** The archive goes there only if the service does not have it. */
async function startUploading({ archive }: ViaSource, client: ServiceClient, order: RunOrder): Promise<RunStarted> {
  try {
    return await client.startRun(order);
  } catch (error) {
    if (archive === null || !['upload-unknown', 'payload-gone'].includes(codeOf(error))) throw error;
  }
  await client.upload(archive);
  return client.startRun(order);
}

function runOrderOf(
  { options, config, args, environment }: Order,
  { payload }: ViaSource,
  words: RunOrder['words'],
  expected: readonly string[],
): RunOrder {
  const { limits } = config;
  return {
    words,
    expected,
    payload,
    args,
    environment,
    remotePath: options.remotePath ?? null,
    execute: options.copyOnly !== true,
    cleanup: options.cleanup ?? false,
    exclusive: options.exclusive ?? false,
    // what nobody says here is as the service is configured
    timeoutMs: options.timeout === undefined ? null : limits.executionTimeoutMs,
    retries: options.retries === undefined ? null : limits.retries,
    readyTimeoutMs: options.waitReady === undefined ? null : limits.readyTimeoutMs,
  };
}

function announce({ payload, errors }: RunStarted, { archive }: ViaSource, isQuiet: boolean, io: Io): void {
  for (const { instance, message } of errors) {
    io.stderr.write(`spot: warning: ${harmless(`${instance} is left out: ${message}`)}\n`);
  }
  if (archive === null && !isQuiet) io.stderr.write(`payload ${payload.name}@${payload.version}\n`);
}

/** Where there is no such payload, perhaps a script was meant. */
function explainMissing(error: unknown, { archive, label }: ViaSource): unknown {
  if (archive !== null || codeOf(error) !== 'no-such-payload') return error;
  const message = `there is no script ${label} here, and the service has no such payload; check the name, or register it there with: spot payload add`;
  return inputError('no-such-payload', message, error);
}

function codeOf(error: unknown): string {
  return error instanceof SpotError ? error.code : '';
}
