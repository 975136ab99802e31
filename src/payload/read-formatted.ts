const QUOTED = String.raw`"(?:[^"\\\n]|\\.)*"`;
const LIST = String.raw`\[(?:${QUOTED}(?:, ${QUOTED})*)?\]`;
const HEAD = new RegExp(
  `^version: (${QUOTED})\ninterpreter: (${LIST})\nentrypoint: (${QUOTED})\nenvironment: (${LIST})$`,
);
const FILE = new RegExp(
  `^  - \\{ type: file, path: (${QUOTED}), size_bytes: (0|[1-9]\\d*), mode: (${QUOTED}), sha256: (${QUOTED}) \\}$`,
);
const DIRECTORY = new RegExp(`^  - \\{ type: directory, path: (${QUOTED}), mode: (${QUOTED}) \\}$`);
const LINK = new RegExp(`^  - \\{ type: link, path: (${QUOTED}), target: (${QUOTED}) \\}$`);
const TAIL = new RegExp(`^metadata:\n  name: (${QUOTED})\n$`);

const HEAD_LINES = 4;
/** Two, and what stands behind the last line end. */
const TAIL_LINES = 3;

/**
 * Reads a manifest as `formatManifest` writes it, in a tenth of the time that the yaml package takes; a large payload
 * would keep a service from everything else for a second.
 * @returns what YAML would read out of it, or null where it is written in another way
 */
export function readFormatted(text: string): unknown {
  const lines = text.split('\n');
  try {
    const [version, interpreter, entrypoint, environment] = textsIn(HEAD, lines.slice(0, HEAD_LINES).join('\n'));
    const [name] = textsIn(TAIL, lines.slice(-TAIL_LINES).join('\n'));
    const files = lines.slice(HEAD_LINES + 1, -TAIL_LINES).map(readEntry);
    if (lines[HEAD_LINES] !== (files.length === 0 ? 'files: []' : 'files:')) return null;
    return { version, interpreter, entrypoint, environment, files, metadata: { name } };
  } catch {
    return null;
  }
}

function readEntry(line: string): unknown {
  const [, type] = /^ {2}- \{ type: (\w+),/.exec(line) ?? [];
  if (type === 'file') {
    const [path, size_bytes, mode, sha256] = textsIn(FILE, line);
    return { type, path, size_bytes, mode, sha256 };
  }
  if (type === 'directory') {
    const [path, mode] = textsIn(DIRECTORY, line);
    return { type, path, mode };
  }
  const [path, target] = textsIn(LINK, line);
  return { type, path, target };
}

/** What stands in the groups, each as JSON. @throws Error where the text is another one, or its escapes are none of JSON */
function textsIn(pattern: RegExp, text: string): unknown[] {
  const found = pattern.exec(text);
  if (found === null) throw new Error('it is written in another way');
  return found.slice(1).map((group) => JSON.parse(group) as unknown);
}
