import { shellCommand } from '../util/shell-quote.ts';
import { answerLines } from './answer.ts';
import examine from './doctor/examine.sh';
import survey from './doctor/survey.sh';
import common from './runner/common.sh';
import folders from './runner/folders.sh';
import reaper from './runner/reaper.sh';
import { compact } from './runner.ts';

/** What stands in a control directory: the script runs, is about to, has ended, lost its supervisor, was never started. */
export type ControlState = 'running' | 'starting' | 'ended' | 'dead' | 'unstarted';

/** A process of a script whose supervisor is dead. */
export interface Orphan {
  readonly pid: number;
  /** as the instance says it: anything may stand in it */
  readonly command: string;
}

/** A folder of some run on an instance. */
export interface Finding {
  /** in /tmp */
  readonly name: string;
  /** the tail of both folders of an attempt */
  readonly stamp: string;
  /** of a control directory; of a files folder that nobody remembers, whether something uses it */
  readonly state: ControlState | 'used' | 'unused';
  /** by the instance's own clock */
  readonly ageMs: number;
  readonly sizeBytes: number;
  readonly orphans: readonly Orphan[];
}

/** What became of a folder that was to be removed. */
export interface Removal {
  readonly name: string;
  readonly removed: boolean;
  /** processes */
  readonly killed: number;
  /** why it is still there, one word; '' where it is not */
  readonly why: string;
}

const PROGRAM = compact([common, reaper, folders, survey, examine]);

/** Its answer is for `readSurvey` and `readFindings`. */
export function examineProgram(): string {
  return `${PROGRAM}survey\nexamine\n`;
}

/** @param names as in `Finding` */
export function fixProgram(names: readonly string[]): string {
  return `${PROGRAM}fix ${shellCommand(names)}\n`;
}

/** @throws Error where it is no complete report */
export function readFindings(output: string, nonce: string): Finding[] {
  const lines = answerLines(output, nonce);
  const now = Number(lines.find(([word]) => word === 'now')?.[1]);
  return lines.flatMap(([word, name = '', state = '', at, kilobytes]) => {
    if (word !== 'control' && word !== 'files') return [];
    const orphans = lines.flatMap(([kind, of, pid, ...command]) =>
      kind === 'orphan' && of === name ? [{ pid: Number(pid), command: command.join(' ') }] : [],
    );
    const stamp = name.replace(/^(\.spot|deploy_files)_/, '').replace(/\.void$/, '');
    const ageMs = Math.max(0, now - Number(at)) * 1000;
    return [{ name, stamp, state: state as Finding['state'], ageMs, sizeBytes: Number(kilobytes) * 1024, orphans }];
  });
}

/** @throws Error where it is no complete report */
export function readRemovals(output: string, nonce: string): Removal[] {
  return answerLines(output, nonce).flatMap(([word, name = '', value = '']): Removal[] => {
    if (word === 'removed') return [{ name, removed: true, killed: Number(value), why: '' }];
    return word === 'kept' ? [{ name, removed: false, killed: 0, why: value }] : [];
  });
}
