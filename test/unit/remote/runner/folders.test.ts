import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { leakCheck } from '../../../helpers/leaks.ts';
import { sendSignal } from '../../../helpers/processes.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { directory, file, link, readTree, type Tree, writeTree } from '../../payload/support.ts';
import { prepare, type RunRequest, runToEnd, start } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

const LONG = 'a-name-of-more-than-one-hundred-letters-'.repeat(5);

const TREE: Tree = {
  'a b': file('blanks', 0o640),
  empty: directory(0o711),
  'grüße/日本語 \u{1F600}.txt': file('not ASCII', 0o444),
  [`${LONG}/${LONG}`]: file('long', 0o755),
  'links/up': link('../a b'),
  'links/dangling': link('nowhere'),
  secret: file('', 0o600),
};

/** Writes files into a folder that is sent. */
function filesOf(tree: Tree): string {
  const root = join(tempDir(), 'files');
  writeTree(root, tree);
  return root;
}

describe.skipIf(shells.areMissing)('the files', () => {
  test('arrive as they are: names, modes, links and empty folders, for an ordinary user too', async () => {
    const files = filesOf(TREE);
    const arrived = await shells.onEach(async (surroundings) => {
      const { deploy, verdict } = await runToEnd({ files }, { ...surroundings, asOrdinaryUser: true });
      return { verdict, mode: statSync(deploy).mode & 0o777, tree: readTree(deploy) };
    });
    expect(arrived).toEqual(shells.each({ verdict: { kind: 'exit', code: 0 }, mode: 0o700, tree: readTree(files) }));
  });

  test('are removed with --cleanup when the script has ended, read-only folders too', async () => {
    const files = filesOf({
      'closed/deeper/file': file('x', 0o400),
      'closed/deeper': directory(0o555),
      closed: directory(0o555),
    });
    onTestFinished(() => chmodSync(join(files, 'closed'), 0o755));
    onTestFinished(() => chmodSync(join(files, 'closed/deeper'), 0o755));
    const script = 'cat "$DEPLOY_FILES_DIR/closed/deeper/file"\n';
    const ended = await shells.onEach(async (surroundings) => {
      const request = { script, files, job: { cleanup: true } };
      const { stdout, deploy } = await runToEnd(request, { ...surroundings, asOrdinaryUser: true });
      return { stdout: stdout.toString(), deploy: existsSync(deploy) };
    });
    expect(ended).toEqual(shells.each({ stdout: 'x', deploy: false }));
  });
});

describe.skipIf(shells.areMissing)('a later success', () => {
  test('removes the files of ended runs of its payload name, none that is in use, and no others', async () => {
    const kept = await shells.onEach(async (surroundings) => {
      const home = tempDir();
      const run = (request: RunRequest) => runToEnd(request, { ...surroundings, home });
      // what these start goes on in the folder, has a file of it open, was started with it
      const files = filesOf({ held: file('x') });
      const works = await run({ files, script: `cd "$DEPLOY_FILES_DIR"\n${DETACHED} sleep 71 ${SILENT}` });
      const reads = await run({ files, script: `${DETACHED} tail -f "$DEPLOY_FILES_DIR/held" ${SILENT}` });
      const carries = await run({ files, script: `sleep 72 ${SILENT}` });
      const other = await run({ job: { payloadName: 'other.sh' } });
      const failed = await run({ script: 'exit 1\n' });
      const first = await run({});
      const runs = { works, reads, carries, other, failed, first };
      const before = Object.entries(runs).flatMap(([name, { deploy }]) => (existsSync(deploy) ? [name] : []));
      for (const { stdout } of [works, reads, carries]) sendSignal(Number(stdout.toString()), 'SIGKILL');
      const second = await run({});
      const rest = Object.entries({ ...runs, second });
      const gone = (): string[] => rest.flatMap(([name, { deploy }]) => (existsSync(deploy) ? [name] : []));
      await waitFor('the others to go', () => gone().length === 2);
      return { before, after: gone() };
    });
    const before = ['works', 'reads', 'carries', 'other', 'first'];
    expect(kept).toEqual(shells.each({ before, after: ['other', 'second'] }));
  });

  test('does without where it cannot note what it leaves', async () => {
    const home = tempDir();
    writeFileSync(join(home, '.cache'), 'a file');
    const ended = await shells.onEach(async (surroundings) => (await runToEnd({}, { ...surroundings, home })).verdict);
    expect(ended).toEqual(shells.each({ kind: 'exit', code: 0 }));
  });
});

describe.skipIf(shells.areMissing)('the script is kept', () => {
  test.each([
    ['below the home', '~/bin/kept script', 'bin/kept script'],
    ['at an absolute path', '{home}/kept', 'kept'],
  ])('%s, and run from there', async (_, remotePath, place) => {
    const kept = await shells.onEach(async (surroundings) => {
      const home = tempDir();
      mkdirSync(join(home, 'bin'));
      const script = 'echo "$0"\n';
      const request = { script, job: { remotePath: remotePath.replace('{home}', home) } };
      const run = start(await prepare(request, { ...surroundings, home }));
      run.sendArchive();
      const { stdout } = await run.finish();
      const path = join(home, place);
      const { mode } = statSync(path);
      return {
        said: [run.session.keptPath === path, stdout.toString() === `${path}\n`],
        file: [readFileSync(path, 'utf8'), mode & 0o777],
      };
    });
    expect(kept).toEqual(shells.each({ said: [true, true], file: ['echo "$0"\n', 0o700] }));
  });

  test('in place of an older one, at once', async () => {
    const home = tempDir();
    writeFileSync(join(home, 'script'), 'older', { mode: 0o644 });
    await runToEnd({ script: 'exit 0\n', job: { remotePath: '~/script' } }, { home });
    expect(readFileSync(join(home, 'script'), 'utf8')).toBe('exit 0\n');
    expect(statSync(join(home, 'script')).mode & 0o777).toBe(0o700);
  });
});

describe.skipIf(shells.areMissing)('a copy', () => {
  const request = {
    script: 'echo > ran\n',
    environment: { TOKEN: 'secret' },
    job: { mode: 'copy', remotePath: '~/kept' } as const,
  };

  test('puts script and files in place and runs nothing', async () => {
    const copies = await shells.onEach(async (surroundings) => {
      const prepared = await prepare({ ...request, files: filesOf({ data: file('x') }) }, surroundings);
      const run = start(prepared);
      run.sendArchive();
      const { verdict, deploy } = await run.finish();
      const home = Object.entries(readTree(prepared.home)).filter(([path]) => !path.startsWith('.cache'));
      return { verdict, files: readTree(deploy), home: Object.fromEntries(home) };
    });
    const files = { data: file('x') };
    expect(copies).toEqual(
      shells.each({ verdict: { kind: 'copied' }, files, home: { kept: file(request.script, 0o700) } }),
    );
  });

  test('leaves nothing but them where the client does not take leave', async () => {
    const copies = await shells.onEach(async (surroundings) => {
      const run = start(await prepare(request, surroundings));
      run.sendArchive();
      await run.session.until('end');
      run.hangUp();
      await run.exit;
      return [existsSync(run.control), existsSync(run.deploy), existsSync(join(run.prepared.home, 'kept'))];
    });
    expect(copies).toEqual(shells.each([false, true, true]));
  });
});

/** Starts a program that knows nothing of the run. */
const DETACHED = 'env -i PATH="$PATH"';
/** In the background, without the outputs; says its process id. */
const SILENT = '>/dev/null 2>&1 & echo "$!"\n';
