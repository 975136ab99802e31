import { describe, expect, it } from 'vitest';
import { OUTCOME_KINDS, type Outcome, type OutcomeKind } from '../../../src/model/outcome.ts';
import { junitDocument } from '../../../src/report/junit.ts';
import { requireProgram } from '../../helpers/require.ts';
import { readXml, type XmlElement } from '../../helpers/xml.ts';
import { anAttempt, anInstance, anOutput, aResult } from './events.ts';

const ERROR = { code: 'c', message: 'the sentence' };
const OUTCOMES: Record<OutcomeKind, Outcome> = {
  succeeded: { kind: 'succeeded' },
  failed: { kind: 'failed', exitCode: 3 },
  killed: { kind: 'killed', signal: 'SIGKILL' },
  'timed-out': { kind: 'timed-out', step: 'execute', error: ERROR },
  unreachable: { kind: 'unreachable', error: ERROR },
  rejected: { kind: 'rejected', error: ERROR },
  lost: { kind: 'lost', step: 'execute', error: ERROR },
  reclaimed: { kind: 'reclaimed', error: ERROR },
  cancelled: { kind: 'cancelled', error: ERROR },
  skipped: { kind: 'skipped', reason: 'by decision' },
};

/** What may stand where, as the schemas of Jenkins and of surefire have it: attributes, with `!` behind those that must. */
const SHAPE: Record<string, { attributes: readonly string[]; children: readonly string[] }> = {
  testsuites: { attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'], children: ['testsuite'] },
  testsuite: {
    attributes: ['name!', 'tests!', 'failures!', 'errors!', 'skipped!', 'time', 'timestamp'],
    children: ['properties', 'testcase'],
  },
  properties: { attributes: [], children: ['property'] },
  property: { attributes: ['name!', 'value!'], children: [] },
  testcase: {
    attributes: ['name!', 'classname!', 'time!'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: { attributes: ['message', 'type!'], children: [] },
  error: { attributes: ['message', 'type!'], children: [] },
  skipped: { attributes: ['message'], children: [] },
  'system-out': { attributes: [], children: [] },
  'system-err': { attributes: [], children: [] },
};

function expectShape({ tag, attributes, children }: XmlElement): void {
  const shape = SHAPE[tag];
  expect(shape, tag).toBeDefined();
  const known = shape?.attributes.map((name) => name.replace('!', '')) ?? [];
  const needed = shape?.attributes.filter((name) => name.endsWith('!')).map((name) => name.slice(0, -1)) ?? [];
  expect(known).toEqual(expect.arrayContaining(Object.keys(attributes)));
  expect(Object.keys(attributes)).toEqual(expect.arrayContaining(needed));
  for (const name of ['tests', 'failures', 'errors', 'skipped']) expect(attributes[name] ?? '0').toMatch(/^\d+$/);
  expect(attributes['time'] ?? '0.000').toMatch(/^\d+\.\d{3}$/);
  for (const child of children) {
    expect(shape?.children).toContain(child.tag);
    expectShape(child);
  }
}

describe.skipIf(requireProgram('python3') === null)('a run as JUnit XML', () => {
  const run = { name: 'deploy <1>', digest: 'd1ge57' };

  it('has what readers of such files expect, each outcome by its kind', () => {
    const attempts = OUTCOME_KINDS.map((kind) => anAttempt(anInstance(`i-${kind}`, kind), OUTCOMES[kind]));
    const result = { ...aResult(attempts), running: ['i-left'] };
    const root = readXml(junitDocument({ ...run, result }));
    expectShape(root);
    const [suite] = root.children;
    expect(suite?.attributes).toEqual({
      name: 'deploy <1>',
      tests: '11',
      failures: '3',
      errors: '5',
      skipped: '2',
      time: '14.000',
      timestamp: '2026-01-02T03:04:05',
    });
    const cases = suite?.children.filter(({ tag }) => tag === 'testcase') ?? [];
    expect(cases.map(({ attributes, children }) => [attributes['name'], children[0]?.tag])).toEqual([
      ['succeeded (i-succeeded)', undefined],
      ['failed (i-failed)', 'failure'],
      ['killed (i-killed)', 'failure'],
      ['timed-out (i-timed-out)', 'failure'],
      ['unreachable (i-unreachable)', 'error'],
      ['rejected (i-rejected)', 'error'],
      ['lost (i-lost)', 'error'],
      ['reclaimed (i-reclaimed)', 'error'],
      ['cancelled (i-cancelled)', 'error'],
      ['skipped (i-skipped)', 'skipped'],
      ['i-left', 'skipped'],
    ]);
    const message = (index: number): string | undefined => cases[index]?.children[0]?.attributes['message'];
    expect([1, 2, 3, 9, 10].map(message)).toEqual([
      'failed: exit 3',
      'killed: SIGKILL',
      'the sentence',
      'by decision',
      'left running; take it up with: spot attach r-1',
    ]);
  });

  it('says how much of an output is not in it, and where that is', () => {
    const stdout = anOutput('/logs/web-1.out', 'the end\n', 1_200_008);
    const attempt = anAttempt(anInstance('i-1', 'web-1'), OUTCOMES.succeeded, { stdout, evidence: ['3 tries'] });
    const xml = junitDocument({ ...run, result: aResult([attempt]) });
    expect(xml).toContain('<system-out>[… 1.2 MB more in /logs/web-1.out]\nthe end\n</system-out>');
  });

  it('has nothing that XML forbids, and everything else as it is', () => {
    const tail = 'a\0b\u0008\u001B[31mred\u001B[0m <x>&amp; ]]> "\t\uFFFE \uD800 \u{1F600}\n';
    const stderr = anOutput('/logs/web-1.err', tail, 0xffff);
    const attempt = anAttempt(anInstance('i-1', 'we\u0001b'), OUTCOMES.failed, { stderr });
    const [suite] = readXml(junitDocument({ ...run, result: aResult([attempt]) })).children;
    const testCase = suite?.children.at(-1);
    expect(testCase?.attributes['name']).toBe('we\uFFFDb (i-1)');
    const said = testCase?.children.find(({ tag }) => tag === 'system-err')?.text;
    expect(said).toContain('a\uFFFDb\uFFFDred <x>&amp; ]]> "\t\uFFFD \uFFFD \u{1F600}\n');
  });
});
