// What a script does on one instance: what it says, in bytes that are known, and how it ends.
import { Buffer } from 'node:buffer';

const SIGNALS = ['KILL', 'TERM', 'HUP', 'SEGV', 'ABRT', 'USR1'];

/** Longer than any run of a soak: only a kill ends it. */
const FOR_EVER = 'sleep 3600';

/** What may outlive its parent, or does not listen. */
const STUBBORN = [
  `${FOR_EVER} &`,
  `nohup ${FOR_EVER} >/dev/null 2>&1 &`,
  `setsid ${FOR_EVER} </dev/null >/dev/null 2>&1 &`,
  `(sh -c '${FOR_EVER} &' >/dev/null 2>&1 &)`,
  `sh -c "trap '' TERM; ${FOR_EVER} & wait" &`,
];

/** Each returns the last lines of a script and how it ends by itself; `null` where only a kill ends it. */
const ENDINGS = {
  succeeds: () => ({ lines: ['exit 0'], end: { outcome: 'succeeded', exit_code: null, signal: null } }),
  fails: (random) => {
    const code = random.between(1, 255);
    return { lines: [`exit ${code}`], end: { outcome: 'failed', exit_code: code, signal: null } };
  },
  dies: (random) => {
    const name = random.pick(SIGNALS);
    return { lines: [`kill -${name} $$`], end: { outcome: 'killed', exit_code: null, signal: `SIG${name}` } };
  },
  'leaves a child': () => ({
    lines: ['nohup sleep 2 >/dev/null 2>&1 &', 'exit 0'],
    end: { outcome: 'succeeded', exit_code: null, signal: null },
  }),
  overruns: (random) => ({ lines: [...random.sample(STUBBORN, random.between(0, 3)), FOR_EVER], end: null }),
  'is deaf to TERM': (random) => ({
    lines: ["trap '' TERM INT HUP", ...random.sample(STUBBORN, random.between(0, 2)), FOR_EVER],
    end: null,
  }),
};

/** The common ones more often. */
const KINDS = ['succeeds', 'succeeds', 'fails', 'dies', 'leaves a child', 'overruns', 'is deaf to TERM'];

/**
 * @param {import('./random.js').Random} random
 * @param {Buffer} bytes the file `bytes` of the files folder, of which a script says parts
 */
export function makeBehaviour(random, bytes) {
  const kind = random.pick(KINDS);
  const said = { stdout: [], stderr: [] };
  const lines = [];
  for (let part = random.between(0, 5); part > 0; part -= 1) {
    const from = random.between(0, bytes.length);
    const length = random.anySize(bytes.length - from);
    const [stream, redirection] = random.pick([
      ['stdout', ''],
      ['stderr', ' >&2'],
    ]);
    said[stream].push(bytes.subarray(from, from + length));
    lines.push(`part ${from} ${length}${redirection}`);
    if (random.chance(0.5)) lines.push(`sleep 0.${random.between(1, 8)}`);
  }
  const { lines: last, end } = ENDINGS[kind](random);
  return {
    kind,
    lines: [...lines, 'echo said >>"$trace"', ...last],
    stdout: Buffer.concat(said.stdout),
    stderr: Buffer.concat(said.stderr),
    end,
  };
}

/** Where a script leaves its trace: a line when it is started, another one when it has said everything. */
export function traceOf(home, runId) {
  return `${home}/trace-${runId}`;
}

/**
 * One script for all instances, each of which has its own behaviour.
 * @param {Map<string, ReturnType<typeof makeBehaviour>>} behaviours by instance id
 */
export function scriptOf(behaviours, firstLine) {
  const cases = [...behaviours].map(([id, { lines }]) => `'${id}')\n${lines.join('\n')}\n;;\n`);
  return `${firstLine}
trace=${traceOf('$HOME', '$SPOT_RUN_ID')}
echo started >>"$trace"
part() { tail -c "+$(($1 + 1))" "$DEPLOY_FILES_DIR/bytes" | head -c "$2"; }
case $SPOT_INSTANCE_ID in
${cases.join('')}esac
`;
}
