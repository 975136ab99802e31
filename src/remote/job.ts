import { createHash } from 'node:crypto';
import type { Secret } from '../util/secret.ts';
import { shellCommand, shellQuote } from '../util/shell-quote.ts';
import { DEPUTY, RUNNER } from './runner.ts';

/** What the runner is to do: one attempt on one instance. */
export interface Job {
  readonly runId: string;
  readonly instanceId: string;
  /** `<ts>_<pid>`: the tail of both folders */
  readonly stamp: string;
  /** of the payload: files folders of the same name are cleared by a later success */
  readonly payloadName: string;
  /** of the archive, hex */
  readonly digest: string;
  /** of the archive, bytes */
  readonly sizeBytes: number;
  /** the script's name in the archive */
  readonly entrypoint: string;
  /** argv of the interpreter */
  readonly interpreter: readonly string[];
  readonly args: readonly string[];
  readonly environment: ReadonlyMap<string, Secret>;
  readonly mode: 'run' | 'copy';
  /** where the script is kept: absolute or `~/…`, or null for the control directory */
  readonly remotePath: string | null;
  /** remove the files folder when the script has ended */
  readonly cleanup: boolean;
  readonly executionTimeoutMs: number;
  readonly killGraceMs: number;
  /** how long the script outlives its client, or null: until its deadline */
  readonly leaseMs: number | null;
  /** one line that names who holds the instance while this runs, or null where no lock is taken */
  readonly holder: string | null;
  /** what travels instead of the archive where most of it is there already, or null */
  readonly delta: DeltaJob | null;
  /** the instance metadata service to ask whether the instance is taken back, or null: nobody asks */
  readonly metadataEndpoint: string | null;
  /** what the script is sent then */
  readonly interruptionSignal: 'none' | 'usr1' | 'term';
  /** the script runs as another user, by sudo; as the login user where it is left out */
  readonly sudo?: SudoJob;
}

export interface SudoJob {
  /** login name */
  readonly user: string;
  /** what sudo may ask for; null: it is not known */
  readonly password: Secret | null;
}

/** An archive of what is missing, and the folder where the rest is. */
export interface DeltaJob {
  /** of this archive, hex */
  readonly digest: string;
  readonly sizeBytes: number;
  /** DEPLOY_FILES_DIR of an earlier run */
  readonly base: string;
}

/** The two folders of an attempt. */
export interface RemotePaths {
  /** 0700; script, receipt, outputs, result */
  readonly control: string;
  /** DEPLOY_FILES_DIR */
  readonly deploy: string;
  /** SPOT_RESCUE_DIR, in the control directory */
  readonly rescue: string;
}

const REMOTE_TMP = '/tmp';

/** Who may read and remove whatever belongs to the login user. */
export const ROOT = 'root';

export function remotePaths(stamp: string): RemotePaths {
  const control = `${REMOTE_TMP}/.spot_${stamp}`;
  return { control, deploy: `${REMOTE_TMP}/deploy_files_${stamp}`, rescue: `${control}/rescue` };
}

/** Where another user than root has the script and its rescue folder: the control directory is closed to them. */
function roomOf(stamp: string): string {
  return `${REMOTE_TMP}/.spot_${stamp}.as`;
}

/** Exit codes of the bootstrap, before the runner can speak for itself. */
export const BootExit = { mkdir: 73, receive: 74, runner: 75 } as const;

/** The last lines of a header and of a runner that have arrived as a whole. */
const HEADER_END = ': header';
const PROGRAM_END = '# end';

/** The runner as an instance keeps it, and what it is recognised by. */
const RUNNER_TEXT = `${RUNNER}${PROGRAM_END}\n`;
export const RUNNER_DIGEST = createHash('sha256').update(RUNNER_TEXT).digest('hex');

// One line in single quotes without a double backslash, `!` or a quote, so that csh and fish as login shells pass it on
// unharmed.
const FOLDERS = [
  'echo "SPOT1 $3"',
  `mkdir -m 700 "$1" || exit ${BootExit.mkdir}`,
  `mkdir -m 700 "$1/rescue" "$2" || { rmdir "$1/rescue" "$1"; exit ${BootExit.mkdir}; }`,
  'p=$(dd bs="$4" count=1 iflag=fullblock 2>/dev/null)',
];
const GIVE_UP = `{ rm -rf "$1" "$2"; exit ${BootExit.receive}; }`;

/** The program comes as a whole. */
const BOOT = [
  ...FOLDERS,
  `case $p in *"${PROGRAM_END}") printf "%s\\n" "$p" >"$1/run" ;; *) false ;; esac || ${GIVE_UP}`,
  'set -- start "$1"; eval "$p"',
].join('; ');

/** The header comes, and the runner is there from an earlier run, if it is the one that is meant. */
const BOOT_CACHED = [
  ...FOLDERS,
  'r=$({ tee "$1/runner" <"$HOME/.cache/spot/runner" | sha256sum; } 2>/dev/null)',
  `[ "$r" = "$5  -" ] || { rm -rf "$1" "$2"; exit ${BootExit.runner}; }`,
  `case $p in *"${HEADER_END}") printf "%s\\n. %s/runner\\n" "$p" "$1" >"$1/run" ;; *) false ;; esac || ${GIVE_UP}`,
  'set -- start "$1"; . "$2/run"',
].join('; ');

/**
 * The command line that makes the folders, takes the program from its stdin and starts it.
 * @param nonce a word that marks where the runner's own words begin on stdout
 * @param programBytes length of `program`
 * @param isCached the runner is not part of it
 */
export function startCommand(paths: RemotePaths, nonce: string, programBytes: number, isCached: boolean): string {
  const words = [paths.control, paths.deploy, nonce, String(programBytes)];
  return shellCommand([
    'sh',
    '-c',
    ...(isCached ? [BOOT_CACHED, 'spot', ...words, RUNNER_DIGEST] : [BOOT, 'spot', ...words]),
  ]);
}

/** Where the folder is not there, how long the machine, or the container, has been up tells whether it can have been. */
const ATTACH = [
  '[ -e "$1/run" ] && exec sh "$1/run" attach "$1" "$2" "$3" "$4"',
  'echo "SPOT1 $2"; read -r up rest </proc/uptime; read -r stat </proc/1/stat',
  'set -- ${stat##*) }; shift 19; echo "gone $((${up%.*} - $1 / 100))"',
].join('; ');

/** Follows an attempt that another channel started, from these byte offsets. */
export function attachCommand(paths: RemotePaths, nonce: string, outOffset: number, errOffset: number): string {
  return shellCommand(['sh', '-c', ATTACH, 'spot', paths.control, nonce, String(outOffset), String(errOffset)]);
}

/** Where SFTP puts the archive. */
export function archivePath(paths: RemotePaths): string {
  return `${paths.control}/payload.tar.gz`;
}

/** What the client says after `ready`: an archive follows on stdin, whole or of what is missing, or it is there already. */
export const ArchiveWord = { stream: 'stream\n', delta: 'delta\n', stored: 'stored\n' } as const;

/**
 * The job's header, and the runner.
 * @param isCached the runner is left out: the instance has it
 */
export function program(job: Job, isCached: boolean): Buffer {
  const paths = remotePaths(job.stamp);
  const variables = { ...headerOf(job, paths), ...deliveryOf(job, paths) };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(String(value))}\n`);
  const header = `${lines.join('')}${execFunction(job, paths)}${job.sudo === undefined ? '' : DEPUTY}`;
  if (isCached) return Buffer.from(`${header}job_runner_at=0\n${HEADER_END}\n`);
  const runnerAt = header.split('\n').length + 2;
  return Buffer.from(`${header}job_runner_at=${runnerAt}\n${HEADER_END}\n${RUNNER_TEXT}`);
}

function headerOf(job: Job, paths: RemotePaths): Record<string, string | number> {
  return {
    job_name: job.payloadName,
    job_deploy: paths.deploy,
    job_digest: job.digest,
    job_size: job.sizeBytes,
    job_base: job.delta?.base ?? '',
    job_delta_digest: job.delta?.digest ?? '',
    job_delta_size: job.delta?.sizeBytes ?? 0,
    job_entrypoint: job.entrypoint,
    job_interpreter: interpreterProgram(job),
    job_mode: job.mode,
    job_remote_path: job.remotePath ?? '',
    job_cleanup: job.cleanup ? 'yes' : 'no',
    job_timeout: Math.ceil(job.executionTimeoutMs / 1000),
    job_grace: Math.ceil(job.killGraceMs / 1000),
    job_lease: Math.ceil((job.leaseMs ?? 0) / 1000),
    job_holder: job.holder ?? '',
    job_env_size: environmentText(job).byteLength,
    job_imds: job.metadataEndpoint ?? '',
    job_signal: job.interruptionSignal === 'none' ? '' : job.interruptionSignal.toUpperCase(),
  };
}

/** By whom it is done. */
function deliveryOf({ sudo, stamp }: Job, { control }: RemotePaths): Record<string, string | number> {
  if (sudo === undefined) return { job_deliver: 'deliver' };
  return {
    job_deliver: 'deliver_as',
    job_sudo: sudo.user,
    job_room: sudo.user === ROOT ? '' : roomOf(stamp),
    job_control: control,
    job_password_size: passwordLine(sudo).byteLength,
  };
}

function passwordLine({ password }: SudoJob): Buffer {
  return Buffer.from(password === null ? '' : `${password.reveal()}\n`);
}

/** What follows the program on stdin: the user's environment, and the password for sudo. */
export function secretsOf(job: Job): Buffer {
  return Buffer.concat([environmentText(job), ...(job.sudo === undefined ? [] : [passwordLine(job.sudo)])]);
}

/** Assignments of the user's environment, to be read by the runner's shell; empty where nobody needs them. */
export function environmentText(job: Job): Buffer {
  if (job.mode === 'copy') return Buffer.alloc(0);
  const lines = [...job.environment].map(([name, value]) => `export ${name}=${shellQuote(value.reveal())}\n`);
  return Buffer.from(lines.join(''));
}

/** `job_exec SETSID SCRIPT`: the first is empty where the instance has none. */
function execFunction(job: Job, paths: RemotePaths): string {
  const room = job.sudo === undefined || job.sudo.user === ROOT ? paths.control : roomOf(job.stamp);
  const exports = {
    DEPLOY_FILES_DIR: paths.deploy,
    SPOT_RUN_ID: job.runId,
    SPOT_INSTANCE_ID: job.instanceId,
    SPOT_INTERRUPTION_FILE: `${room}/interruption.json`,
    SPOT_RESCUE_DIR: `${room}/rescue`,
  };
  const lines = Object.entries(exports).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  lines.push(`exec \${1:+"$1"} ${shellCommand(job.interpreter)} "$2" ${shellCommand(job.args)}`);
  return `job_exec() {\n${lines.join('\n')}\n}\n`;
}

/**
 * The program that must be there, or '' where nobody can say before the script is run: behind `/usr/bin/env` it is the
 * first word that is no option and no assignment.
 */
function interpreterProgram({ mode, interpreter, environment }: Job): string {
  if (mode === 'copy' || environment.has('PATH')) return '';
  const words = interpreter.flatMap((word) => word.split(/\s+/));
  if (!/(^|\/)env$/.test(words[0] ?? '')) return words[0] ?? '';
  return words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) ?? 'env';
}
