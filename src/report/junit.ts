import { create } from 'xmlbuilder2';
import type { AttemptResult, OutputFile, RunResult } from '../model/attempt.ts';
import type { Outcome, OutcomeKind } from '../model/outcome.ts';
import { formatBytes } from '../util/format.ts';
import { headlineOf } from './headline.ts';
import { withoutEscapes } from './text.ts';
import { attemptMs, describeOutcome, outcomeWord } from './words.ts';

type Builder = ReturnType<typeof create>;

/** What an outcome is to a test report: the script's own doing is a failure, what kept it from being done an error. */
const VERDICT: Record<OutcomeKind, 'failure' | 'error' | 'skipped' | null> = {
  succeeded: null,
  failed: 'failure',
  killed: 'failure',
  'timed-out': 'failure',
  unreachable: 'error',
  rejected: 'error',
  lost: 'error',
  reclaimed: 'error',
  // with `skipped` a run that somebody has cut short would be green
  cancelled: 'error',
  skipped: 'skipped',
};

/** All that XML 1.0 allows in a text. */
const FORBIDDEN = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

export interface JunitRun {
  /** of the payload */
  readonly name: string;
  readonly digest: string;
  readonly result: RunResult;
}

/** A run as JUnit XML: it is the test suite, each of its instances a test case. */
export function junitDocument({ name, digest, result }: JunitRun): string {
  const { attempts, running } = result;
  const verdicts = attempts.map(({ outcome }) => VERDICT[outcome.kind]);
  const count = (verdict: string): number => verdicts.filter((each) => each === verdict).length;
  const totals = {
    tests: attempts.length + running.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped') + running.length,
    time: seconds(result.durationMs),
  };
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', { name: 'spot', ...totals });
  const suite = root.ele('testsuite', {
    name: legal(name),
    ...totals,
    // without a zone, as the schema wants it: UTC
    timestamp: result.startedAt.slice(0, 19),
  });
  const properties = suite.ele('properties');
  properties.ele('property', { name: 'run', value: result.runId });
  properties.ele('property', { name: 'payload_sha256', value: digest });
  for (const attempt of attempts) addCase(suite, name, attempt);
  for (const instanceId of running) addRunning(suite, name, instanceId, result.runId);
  return `${root.end({ prettyPrint: true })}\n`;
}

function addCase(suite: Builder, className: string, attempt: AttemptResult): void {
  const { instanceId, name, outcome, stdout, stderr } = attempt;
  const label = name === null || name === instanceId ? instanceId : `${name} (${instanceId})`;
  const time = seconds(attemptMs(attempt));
  const testCase = suite.ele('testcase', { name: legal(label), classname: legal(className), time });
  addVerdict(testCase, attempt, VERDICT[outcome.kind]);
  addOutput(testCase, 'system-out', stdout);
  addOutput(testCase, 'system-err', stderr);
}

function addVerdict(testCase: Builder, attempt: AttemptResult, verdict: (typeof VERDICT)[OutcomeKind]): void {
  const { outcome, evidence } = attempt;
  if (verdict === null) return;
  const message = legal(messageOf(attempt));
  if (verdict === 'skipped') {
    testCase.ele('skipped', { message });
    return;
  }
  const text = [describeOutcome(outcome), ...evidence].map(legal).join('\n');
  testCase.ele(verdict, { message, type: outcome.kind }).txt(text);
}

/** `exit 3: E: no such package`, or the sentence of a problem. */
function messageOf(attempt: AttemptResult): string {
  const { outcome } = attempt;
  if (!endedByItself(outcome)) return describeOutcome(outcome).replace(`${outcomeWord(outcome.kind)}: `, '');
  const said = attempt.stdout.bytes + attempt.stderr.bytes > 0;
  return said ? `${describeOutcome(outcome)}: ${headlineOf(attempt)}` : describeOutcome(outcome);
}

function endedByItself({ kind }: Outcome): boolean {
  return kind === 'failed' || kind === 'killed';
}

function addOutput(testCase: Builder, name: 'system-out' | 'system-err', { path, bytes, tail }: OutputFile): void {
  if (bytes === 0) return;
  const hidden = bytes - Buffer.byteLength(tail);
  const note = hidden > 0 && path !== null ? `[… ${formatBytes(hidden)} more in ${path}]\n` : '';
  testCase.ele(name).txt(legal(note + withoutEscapes(tail)));
}

function addRunning(suite: Builder, className: string, instanceId: string, runId: string): void {
  const testCase = suite.ele('testcase', { name: legal(instanceId), classname: legal(className), time: seconds(0) });
  testCase.ele('skipped', { message: `left running; take it up with: spot attach ${runId}` });
}

/** The library takes `&lt;` in a text for a `<` that is written like that already, so no `&` is left to it. */
function legal(text: string): string {
  return text.replace(FORBIDDEN, '\uFFFD').replaceAll('&', '&amp;');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
