import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { inputError, usageError } from '../model/errors.ts';
import type { Payload } from '../model/payload.ts';
import { checkFiles, filesFindings } from '../payload/checks/check-files.ts';
import { ContentCheck } from '../payload/checks/content-check.ts';
import type { Finding } from '../payload/checks/finding.ts';
import { claimVersion } from '../payload/claim-version.ts';
import { readPayloadEnvironment } from '../payload/environment.ts';
import { openVersion } from '../payload/open-version.ts';
import { formatReference, payloadNameOf } from '../payload/payload-name.ts';
import { namesPayload, nearestName, requireVersion } from '../payload/registered.ts';
import { registerPayload } from '../payload/register.ts';
import { readScript, type Script } from '../payload/script.ts';
import { PayloadStore } from '../payload/store.ts';
import type { PayloadRecord } from '../state/payloads.ts';
import type { State } from '../state/state.ts';
import type { Secret } from '../util/secret.ts';
import type { Io } from './io.ts';
import { shownFrom } from './preflight/findings.ts';
import { examineScript } from './preflight/script-check.ts';
import { packSource } from './pack-source.ts';

/** Where the payload of a run comes from. */
export interface PayloadSource {
  /** what a person is asked about: `deploy.sh`, `deploy@3` */
  readonly label: string;
  readonly payload: Payload;
  /** all that the script is given */
  readonly environment: ReadonlyMap<string, Secret>;
  /** what is wrong with it, or may be; never rejects */
  readonly findings: Promise<readonly Finding[]>;
  /** just before the run: what is run is in the registry, and stays on disk */
  register(): Promise<void>;
}

export interface SourceRequest {
  readonly options: {
    /** false for --no-files */
    readonly files?: string | false;
    readonly copyOnly?: boolean;
    readonly quiet?: boolean;
    /** all is checked that can be */
    readonly dryRun?: boolean;
  };
  readonly config: Config;
  /** given at run time */
  readonly environment: ReadonlyMap<string, Secret>;
  readonly state: State;
  readonly io: Io;
}

/** A script that was read, or a version that is registered; nothing is packed yet. */
export type Chosen =
  | { readonly kind: 'script'; readonly script: Script; readonly examined: Promise<readonly Finding[]> }
  | { readonly kind: 'version'; readonly record: PayloadRecord };

/**
 * What a word in place of a script means: a file goes first, then a registered name, with its version or not. A word
 * with a slash in it is always a path.
 * @throws SpotError (exit 66) of the script, or for a name that is not known; (exit 64) for flags that do not fit
 */
export async function chooseSource(word: string, { options, config, state, io }: SourceRequest): Promise<Chosen> {
  const kind = kindAt(word, io.cwd);
  const known = kind === 'file' || word.includes('/') ? [] : state.payloads.list();
  if (namesPayload(word, known)) {
    const record = requireVersion(word, state);
    refuseFiles(formatReference(record), record.name, options.files);
    announce(word, record, options.quiet === true, io);
    return { kind: 'version', record };
  }
  if (kind === 'none' && word !== '') refuseUnknown(word, known);
  const script = await readScript(word, { maxBytes: config.limits.scriptMaxBytes });
  return { kind: 'script', script, examined: examineScript(script, options.dryRun === true, io) };
}

/** What a word is as a path. */
export function kindAt(word: string, cwd: string): 'file' | 'folder' | 'none' {
  if (word === '' || word.includes('\0')) return 'none';
  try {
    return statSync(isAbsolute(word) ? word : join(cwd, word)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    // a file that cannot be looked at is there all the same: reading it says what is wrong
    return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as { code?: string }).code ?? '') ? 'none' : 'file';
  }
}

/** Where nothing is like it, the script is what is missing. */
function refuseUnknown(word: string, known: readonly PayloadRecord[]): void {
  const close = nearestName(word, known);
  if (close === null) return;
  throw inputError('script-missing', `there is neither a script ${word} nor such a payload; did you mean ${close}?`);
}

/** @throws SpotError `registered-files` (exit 64) */
export function refuseFiles(reference: string, name: string, files: string | false | undefined): void {
  if (files === undefined) return;
  const flag = files === false ? '--no-files' : '--files';
  const message = `${reference} is a registered payload and has its own files; leave ${flag} out, or make another version with: spot payload add ${name}`;
  throw usageError('registered-files', message);
}

/** A word that reads like the name of a file was perhaps meant for one. */
function announce(word: string, record: PayloadRecord, isQuiet: boolean, io: Io): void {
  const reference = formatReference(record);
  if (/\.[a-z]{1,4}$/i.test(word)) {
    io.stderr.write(`spot: warning: there is no file ${word} here; the registered payload ${reference} is taken\n`);
  } else if (!isQuiet) io.stderr.write(`payload ${reference} of ${record.createdAt}\n`);
}

/** One archive for all instances: packed, or taken from the registry and compared with it. */
export async function openSource(chosen: Chosen, request: SourceRequest): Promise<PayloadSource> {
  const store = new PayloadStore(request.config.stateDir, request.state.payloads);
  return chosen.kind === 'script' ? openScript(chosen, store, request) : openRegistered(chosen.record, store, request);
}

async function openScript(
  { script, examined }: Extract<Chosen, { kind: 'script' }>,
  store: PayloadStore,
  request: SourceRequest,
): Promise<PayloadSource> {
  const { options, config, environment, state, io } = request;
  const shown = shownFrom(io.cwd, config.filesDir);
  const contents = new ContentCheck(shown);
  const { inspect } = contents;
  const name = payloadNameOf(script.name);
  const order = { script, name, withFiles: options.files !== false, config, store, inspect };
  const payload = await packSource({ ...order, environment: [...environment.keys()] }, io);
  const register = async (): Promise<void> => {
    const { keep } = config.payloads;
    await registerPayload(payload, { table: state.payloads, store, keep, now: io.clock.now() });
  };
  const ofFiles = filesFindings(payload.manifest.files, contents.findings, shown);
  const findings = examined.then((ofScript) => [...ofScript, ...ofFiles]);
  return { label: script.name, payload, environment, findings, register };
}

async function openRegistered(
  record: PayloadRecord,
  store: PayloadStore,
  { options, environment, state, io }: SourceRequest,
): Promise<PayloadSource> {
  const reference = formatReference(record);
  const claim = (): Promise<void> => claimVersion(record, { table: state.payloads, store, now: io.clock.now() });
  await claim();
  const payload = await openVersion(record, store);
  const { values, needed } = readPayloadEnvironment(payload.manifest);
  const missing = needed.filter((name) => !environment.has(name));
  if (missing.length > 0 && !options.copyOnly) {
    const flags = missing.map((name) => `--env ${name}=VALUE`).join(' ');
    throw usageError('env-needed', `${reference} is run with ${missing.join(', ')}; give it with: ${flags}`);
  }
  const all = options.copyOnly ? new Map<string, Secret>() : new Map([...values, ...environment]);
  const findings = Promise.resolve(checkFiles(payload.manifest.files, (path) => path));
  return { label: reference, payload, environment: all, findings, register: claim };
}
