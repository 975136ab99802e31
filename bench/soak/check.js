// What must hold after a round, whatever happened in it.
import { Buffer } from 'node:buffer';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { foldersOf, runnerProcesses, scriptProcesses, untilNone } from './machine.js';
import { traceOf } from './behaviour.js';

/** Outcomes of a script that ran, and of one that never did; of the others it is not known. */
const RAN = new Set(['succeeded', 'failed', 'killed', 'timed-out']);
const NEVER_RAN = new Set(['unreachable', 'rejected', 'skipped']);

/** Outcomes of a script that ended by itself. */
const BY_ITSELF = new Set(['succeeded', 'failed', 'killed']);

/** The bits of outcomes, the ends of Ctrl-C and SIGTERM, and a bad moment for `stop` or `attach`: the run has ended. */
const EXIT_CODES = new Set([...Array(8).keys(), 66, 130, 143].filter((code) => code !== 1));

/** What a shell says of its child that was killed, before it is itself. */
const OBITUARY = /^(?:[^\n]*(?:Killed|Terminated)[^\n]*\n)+$/;

/** How long the instance may take for the last of a run: the reaper of a run that nobody collects, ms. */
const GONE_WITHIN_MS = 15_000;

/** @returns all attempts of the round, and a sentence for each violation */
export async function checkRound(round) {
  const attempts = round.runs.flatMap(({ runId, behaviours }) => {
    const rows = round.project.rows('SELECT * FROM attempts WHERE run_id = ?', runId);
    return rows.map((row) => ({ ...row, behaviour: behaviours.get(row.instance_id) }));
  });
  const violations = [
    ...round.commands.flatMap(checkCommand),
    ...round.runs.flatMap(({ runId, behaviours }) => checkRun(round.project, runId, behaviours.size)),
    ...attempts.flatMap((attempt) => checkAttempt(round.hosts, attempt)),
    ...(await checkMachine(round, attempts)),
    ...checkClient(round.project),
  ];
  return { attempts, violations };
}

function checkCommand({ args, sent, end }) {
  const name = `spot ${args.join(' ')}`;
  if (end.hangs) return [`${name} hangs`];
  const said = `${end.stdout}\n${end.stderr}`;
  const bug = /^\s+at .*:\d+:\d+\)?$|Unhandled|please report/m.exec(said);
  if (bug !== null) return [`${name} shows ${bug[0].trim()}`];
  if (end.signal !== null) return end.signal === sent ? [] : [`${name} died by ${end.signal}`];
  return EXIT_CODES.has(end.code) ? [] : [`${name} ended with ${end.code}: ${end.stderr.slice(0, 300)}`];
}

function checkRun(project, runId, size) {
  const [run] = project.rows('SELECT * FROM runs WHERE id = ?', runId);
  const attempts = project.rows('SELECT * FROM attempts WHERE run_id = ?', runId);
  return [
    ...(attempts.length === size ? [] : [`${runId} has ${attempts.length} attempts, not ${size}`]),
    ...(run.finished_at === null ? [`${runId} is open although all of its hosts are there`] : []),
  ];
}

function checkAttempt(hosts, { run_id: runId, instance_id: instanceId, behaviour, ...attempt }) {
  const host = hosts.all.find(({ id }) => id === instanceId);
  const trace = takeTrace(traceOf(host.home, runId));
  const name = `${runId} ${instanceId} (${attempt.outcome}; ${attempt.error_message})`;
  if (attempt.outcome === null) return [`${name} has no outcome`];
  const starts = trace.filter((line) => line === 'started').length;
  const wrong = (isWrong, words) => (isWrong ? [`${name} ${words}`] : []);
  const { end } = behaviour;
  const endedOtherwise =
    BY_ITSELF.has(attempt.outcome) &&
    (end?.outcome !== attempt.outcome || end.exit_code !== attempt.exit_code || end.signal !== attempt.signal);
  return [
    ...wrong(starts > 1, `ran ${starts} times`),
    ...wrong(RAN.has(attempt.outcome) && starts !== 1, 'never ran'),
    ...wrong(NEVER_RAN.has(attempt.outcome) && starts !== 0, 'ran'),
    ...wrong(endedOtherwise, `should have been ${JSON.stringify(end)}, not ${attempt.exit_code} ${attempt.signal}`),
    ...checkOutput(attempt, 'stdout', behaviour, trace).flatMap((words) => `${name}: ${words}`),
    ...checkOutput(attempt, 'stderr', behaviour, trace).flatMap((words) => `${name}: ${words}`),
  ];
}

/** All of what the script said, where it came so far and its end was collected; otherwise the beginning of it. */
function checkOutput(attempt, stream, behaviour, trace) {
  const path = attempt[`${stream}_path`];
  const log = path === null ? Buffer.alloc(0) : readFileSync(path);
  const said = withObituary(behaviour, stream, log);
  if (log.byteLength !== attempt[`${stream}_bytes`])
    return [`${stream} has ${log.byteLength} bytes, the ledger says ${attempt[`${stream}_bytes`]}`];
  if (!said.subarray(0, log.byteLength).equals(log)) return [`${stream} is not what the script said`];
  const isWhole = RAN.has(attempt.outcome) && trace.includes('said');
  return isWhole && log.byteLength !== said.byteLength
    ? [`${stream} has ${log.byteLength} of ${said.byteLength} bytes`]
    : [];
}

/** What the script said; with what its shell did, where that is what stands in the log. */
function withObituary(behaviour, stream, log) {
  const said = behaviour[stream];
  const more = log.subarray(said.byteLength);
  const isObituary = behaviour.end === null && stream === 'stderr' && OBITUARY.test(more.toString());
  return isObituary ? Buffer.concat([said, more]) : said;
}

/** On the machine of the hosts: no process, no control folder, and no files folder that nobody was told of. */
async function checkMachine({ project, commands, runs }, attempts) {
  const pids = new Set(commands.map(({ pid }) => pid));
  const runIds = new Set(runs.map(({ runId }) => runId));
  const kept = new Set(attempts.map(({ remote_dir: path }) => path));
  const processes = () => [...scriptProcesses(runIds), ...runnerProcesses(pids)];
  const folders = () => foldersOf(pids).filter((path) => !kept.has(path));
  const first = await untilNone(() => [...processes(), ...folders()], GONE_WITHIN_MS);
  if (first.length > 0) await project.start(['doctor', '--fix']).ended;
  const [leftProcesses, leftFolders] = [processes(), folders()];
  return [
    ...leftProcesses.map(({ pid, command, instanceId }) => `${pid} ${command} is left (${instanceId ?? 'runner'})`),
    ...leftFolders.map((path) => `${path} is left`),
  ];
}

/** On the client's machine: the state and what it keeps. */
function checkClient(project) {
  const strays = project.files().filter((path) => /\.packing-|^tmp\/|-journal$/.test(path));
  return strays.map((path) => `${path} is left here`);
}

/** The lines of a trace, which is gone then. */
function takeTrace(path) {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  rmSync(path);
  return lines;
}
