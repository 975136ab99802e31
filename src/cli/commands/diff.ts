import { ExitCode } from '../../model/exit-code.ts';
import { loadPainter, type Painter, resolveColor } from '../../report/painter.ts';
import { harmless } from '../../report/text.ts';
import { plural } from '../../util/format.ts';
import { Comparer, type Finding } from '../comparer.ts';
import { colorOf, type GlobalOptions, readConfig, withState } from '../context.ts';
import { comparisonsDocument, groupsDocument, groupsText, isSame, showComparison } from '../diff-view.ts';
import type { Io } from '../io.ts';
import { findRun } from '../recorded-run.ts';

export interface DiffOptions extends GlobalOptions {
  readonly stderr?: boolean;
  readonly json?: boolean;
}

/** `spot diff`: which instances said something else, and what. Exit 0: all the same, 2: something differs. */
export async function diff(word: string, others: readonly string[], options: DiffOptions, io: Io): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const comparer = new Comparer(findRun(word, state), options.stderr ? 'stderr' : 'stdout', config, state);
    const finding = await comparer.compare(others);
    const color = resolveColor({ flag: colorOf(options), env: io.env, isTTY: io.stdout.isTTY === true });
    if (options.json) io.stdout.write(`${JSON.stringify(documentOf(finding, comparer), null, 2)}\n`);
    else await showFinding(finding, comparer, await loadPainter(color), io);
    return isAllSame(finding) ? ExitCode.ok : ExitCode.failed;
  });
}

function isAllSame(finding: Finding): boolean {
  return finding.kind === 'groups' ? finding.groups.length <= 1 : finding.pairs.every(isSame);
}

function documentOf(finding: Finding, { stream, notCompared }: Comparer): unknown {
  return finding.kind === 'groups'
    ? groupsDocument(finding.runId, stream, finding.groups, notCompared)
    : comparisonsDocument(stream, finding.pairs, notCompared);
}

async function showFinding(finding: Finding, comparer: Comparer, painter: Painter, io: Io): Promise<void> {
  const { stream, notCompared } = comparer;
  if (notCompared.length > 0) io.stderr.write(`not compared: ${harmless(notCompared.join(', '))}\n`);
  if (finding.kind === 'groups') {
    io.stdout.write(groupsText(finding.groups, finding.runId, painter));
    return;
  }
  for (const pair of finding.pairs) if (!isSame(pair)) await showComparison(pair, io.stdout, painter);
  const same = finding.pairs.filter(isSame);
  if (same.length < finding.pairs.length) return;
  const [only] = same;
  const what =
    same.length === 1 && only !== undefined ? `${only.leftTitle} and ${only.rightTitle}` : plural(same.length, 'pair');
  io.stderr.write(`no difference in ${stream}: ${harmless(what)}\n`);
}
