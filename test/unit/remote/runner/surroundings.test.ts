import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leakCheck } from '../../../helpers/leaks.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';
import { waitFor } from '../../../helpers/wait-for.ts';
import { prepare, runToEnd, start, UMASK } from '../local-run.ts';
import { useShells } from '../shells.ts';

leakCheck();
const shells = useShells();

/** Values that a shell could spoil, under names that the runner, or a shell, uses for itself. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  EMPTY: '',
  QUOTES: `it's "so" \`so\` $HOME \\ \\n !`,
  LINES: '\nfirst\n\nlast\n\n',
  NOT_ASCII: 'grüße 日本語 \u{1F600}',
  DEPLOY_FILES_DIR: '/somewhere/else',
  IFS: 'es',
  script: '/dev/null',
  own_session: 'false',
  ctrl: '/nowhere',
  pid: '1',
  job_deploy: '/',
};

/** Scripts that say something about the shell they run in are all run by the same one. */
const SYSTEM_SHELL = { interpreter: ['/bin/sh'] };

describe.skipIf(shells.areMissing)('a script finds', () => {
  test('its variables as they were given, and those of the run', async () => {
    const script = 'cat /proc/$$/environ\n';
    const found = await shells.onEach(async (surroundings) => {
      const { stdout, deploy, verdict } = await runToEnd({ script, environment: ENVIRONMENT }, surroundings);
      const entries = stdout
        .toString()
        .split('\0')
        .map((entry) => /^([^=]*)=([^]*)$/.exec(entry)?.slice(1) ?? []);
      const all = Object.fromEntries(entries) as Record<string, string>;
      const own = {
        DEPLOY_FILES_DIR: all['DEPLOY_FILES_DIR'] === deploy,
        ...pick(all, ['SPOT_RUN_ID', 'SPOT_INSTANCE_ID']),
      };
      return { verdict, own, given: { ...pick(all, Object.keys(ENVIRONMENT)), DEPLOY_FILES_DIR: '/somewhere/else' } };
    });
    expect(found).toEqual(
      shells.each({
        verdict: { kind: 'exit', code: 0 },
        own: { DEPLOY_FILES_DIR: true, SPOT_RUN_ID: 'run-1', SPOT_INSTANCE_ID: 'i-1' },
        given: ENVIRONMENT,
      }),
    );
  });

  test('another PATH, where it was given one, for itself and for its interpreter', async () => {
    const bin = tempDir();
    const environment = { PATH: bin };
    const script = '#!/usr/bin/env no-such-shell\n';
    const paths = await shells.onEach(async (surroundings) => {
      const { stdout } = await runToEnd({ script: 'echo "$PATH"\n', environment, job: SYSTEM_SHELL }, surroundings);
      const missing = await runToEnd({ script, environment }, surroundings);
      return [stdout.toString(), missing.verdict];
    });
    expect(paths).toEqual(shells.each([`${bin}\n`, { kind: 'exit', code: 127 }]));
  });

  test('its arguments as they were given', async () => {
    const args = ['', ' a  b ', "it's", '"', '$HOME', '*', '-n', '--', 'a\nb\n', '日本語', '\\', '~', 'A=b'];
    const script = 'printf "%s\\0" "$@"\n';
    const found = await shells.onEach(async (surroundings) => {
      return (await runToEnd({ script, job: { args } }, surroundings)).stdout.toString();
    });
    expect(found).toEqual(shells.each(args.map((arg) => `${arg}\0`).join('')));
  });

  test('the working directory, the umask and the stdin of a login', async () => {
    const script = 'pwd; umask; readlink /proc/self/fd/0\n';
    const found = await shells.onEach(async (surroundings) => {
      const home = tempDir();
      const { stdout } = await runToEnd({ script }, { ...surroundings, home });
      return stdout.toString().replace(home, 'HOME');
    });
    expect(found).toEqual(shells.each(`HOME\n${UMASK}\n/dev/null\n`));
  });

  test('none of the usual signals ignored or blocked, and can catch a SIGINT', async () => {
    const script = `trap 'echo caught' INT; kill -INT $$; grep -E '^Sig(Ign|Blk)' /proc/self/status\n`;
    const found = await shells.onEach(async (surroundings) => {
      const { stdout } = await runToEnd({ script, job: SYSTEM_SHELL }, surroundings);
      const [caught, ...masks] = stdout.toString().trim().split('\n');
      return [caught, ...masks.map((mask) => signalsIn(mask).filter((name) => name !== 'SIGQUIT'))];
    });
    // SIGQUIT is left out: a busybox shell makes every shell that it starts deaf to it
    expect(found).toEqual(shells.each(['caught', [], []]));
  });

  test('itself in a session of its own, where there is setsid', async () => {
    const script = 'read -r stat </proc/$$/stat; set -- $$ ${stat##*) }; if [ "$1" = "$5" ]; then echo own; fi\n';
    const found = await shells.onEach(async (surroundings) => {
      return (await runToEnd({ script, job: SYSTEM_SHELL }, surroundings)).stdout.toString();
    });
    expect(found).toEqual(shells.each(({ setsid }) => (setsid ? 'own\n' : '')));
  });

  test('nothing of the channel open, so that it can close whatever the script leaves behind', async () => {
    const script = 'ls -l /proc/$$/fd\n';
    const found = await shells.onEach(async (surroundings) => {
      const run = start(await prepare({ script, job: SYSTEM_SHELL }, surroundings));
      const channel = ['0', '1', '2'].map((fd) => readlinkSync(`/proc/${run.pid}/fd/${fd}`));
      run.sendArchive();
      const { stdout } = await run.finish();
      return { channel: new Set(channel).size, open: channel.filter((name) => stdout.includes(name)) };
    });
    expect(found).toEqual(shells.each({ channel: 3, open: [] }));
  });

  test('an empty DEPLOY_FILES_DIR that only its owner may enter, where there are no files', async () => {
    const script =
      'ls -A "$DEPLOY_FILES_DIR"; stat -c %a "$DEPLOY_FILES_DIR" "$(dirname "$0")"; echo "$DEPLOY_FILES_DIR"\n';
    const found = await shells.onEach(async (surroundings) => {
      const { stdout, deploy } = await runToEnd({ script }, surroundings);
      return stdout.toString() === `700\n700\n${deploy}\n`;
    });
    expect(found).toEqual(shells.each(true));
  });
});

describe.skipIf(shells.areMissing)('a secret', () => {
  test('stands on no command line and in no file once the script runs', async () => {
    const secret = 'correct-horse-battery-staple';
    const left = await shells.onEach(async (surroundings) => {
      const script = 'echo > started; until [ -e go ]; do sleep 0.05; done\n';
      const run = start(await prepare({ script, environment: { TOKEN: secret } }, surroundings));
      const onCommandLines = commandLinesWith(secret);
      run.sendArchive();
      await waitFor('the script to run', () => existsSync(join(run.prepared.home, 'started')));
      const files = readdirSync(run.control, { withFileTypes: true }).filter((entry) => entry.isFile());
      const inFiles = files.filter(({ name }) => readFileSync(join(run.control, name)).includes(secret));
      onCommandLines.push(...commandLinesWith(secret));
      run.release('go');
      await run.finish();
      return { onCommandLines, inFiles };
    });
    expect(left).toEqual(shells.each({ onCommandLines: [], inFiles: [] }));
  });
});

/** Names of the signals in a line of /proc/PID/status. */
function signalsIn(line: string): string[] {
  const mask = BigInt(`0x${line.split('\t')[1]}`);
  return Object.entries(constants.signals).flatMap(([name, number]) =>
    (mask >> BigInt(number - 1)) & 1n ? [name] : [],
  );
}

function pick(from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

/** Process ids of all processes of this machine that name it in their arguments. */
function commandLinesWith(text: string): string[] {
  const folders = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return folders.filter((pid) => commandLine(`/proc/${pid}/cmdline`).includes(text)).map((pid) => basename(pid));
}

function commandLine(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
