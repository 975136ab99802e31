import { createHash } from 'node:crypto';
import type { Instance } from '../../model/instance.ts';
import type { Exported, ExportedHop, ExportedText } from './exported.ts';

const HEAD = `# written by: spot export ssh-config
# before OpenSSH 8.5 nobody knows this word, and ssh asks for the host key
IgnoreUnknown KnownHostsCommand
`;

/**
 * What `ssh -F` needs to reach each instance by its name and by its id, with the host key that is pinned to it. A name that
 * two instances have is left out, and so is whatever ssh would take for something else.
 */
export function sshConfigText(exported: readonly Exported[]): ExportedText {
  const warnings: string[] = [];
  const counts = countNames(exported);
  const jumps = new Map<string, string>();
  const blocks = exported.map((each) => {
    const { instance } = each;
    const isOnly = instance.name !== null && counts.get(instance.name) === 1;
    const names = [...new Set([isOnly ? instance.name : instance.instanceId, instance.instanceId])];
    const patterns = names.filter(isPattern);
    const lines = patterns.length === 0 ? null : linesOf(each, jumps);
    if (lines !== null) return block(patterns, lines);
    warnings.push(`${instance.instanceId} is left out: ssh_config has no way to write its name, address or user`);
    return '';
  });
  const shared = [...counts].filter(([, count]) => count > 1).map(([name]) => name);
  if (shared.length > 0) warnings.push(`${shared.join(', ')}: several instances have that name; use their ids`);
  return { text: [HEAD, ...jumps.values(), ...blocks].filter((text) => text !== '').join('\n'), warnings };
}

function countNames(exported: readonly Exported[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { instance } of exported) {
    // the id of one goes before the name of another
    for (const name of new Set([instance.name, instance.instanceId])) {
      if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

/** A word that ssh takes for itself: no wildcard, no negation, no list, no flag. */
function isPattern(name: string): boolean {
  return /^[^\s\p{Cc}*?!,"'\\#=-][^\s\p{Cc}*?!,"'\\#]*$/u.test(name);
}

/** Null where a value cannot be written. */
function linesOf({ instance, hop, jumps }: Exported, known: Map<string, string>): string[] | null {
  const own = hopLines(hop);
  const through = jumps.map((jump) => jumpName(jump, known));
  if (own === null || through.includes(null)) return null;
  const alias = instance.hostKey === null ? [] : pinLines(instance, instance.hostKey);
  return [...own, ...alias, ...(through.length === 0 ? [] : [`ProxyJump ${through.join(',')}`])];
}

function hopLines({ user, address, port, identityFiles, hostKeyAlias }: ExportedHop): string[] | null {
  const words = [address, user, ...identityFiles, ...(hostKeyAlias === null ? [] : [hostKeyAlias])].map(configWord);
  if (words.includes(null)) return null;
  const [hostName, userName, ...rest] = words as string[];
  const files = rest.slice(0, identityFiles.length);
  return [
    `HostName ${hostName}`,
    `Port ${port}`,
    `User ${userName}`,
    ...files.map((file) => `IdentityFile ${file}`),
    ...rest.slice(files.length).map((alias) => `HostKeyAlias ${alias}`),
  ];
}

/** The key is known under the id, as it belongs to the instance and not to its address. */
function pinLines({ instanceId }: Instance, hostKey: string): string[] {
  if (!/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+$/.test(hostKey)) return [];
  const digest = createHash('sha256').update(instanceId).digest('hex').slice(0, 16);
  const alias = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(instanceId) ? instanceId : `spot-${digest}`;
  return [`HostKeyAlias ${alias}`, `KnownHostsCommand /bin/echo ${alias} ${hostKey}`];
}

/** The name of the block for a machine on the way, which is made at first need. */
function jumpName(jump: ExportedHop, known: Map<string, string>): string | null {
  const lines = hopLines(jump);
  if (lines === null) return null;
  const key = lines.join('\n');
  const name = `spot-jump-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
  known.set(key, block([name], lines));
  return name;
}

function block(patterns: readonly string[], lines: readonly string[]): string {
  return `Host ${patterns.join(' ')}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** A value as ssh reads it back; null for one that no quotes can save. */
function configWord(text: string): string | null {
  if (text === '' || /["\\\p{Cc}]/u.test(text)) return null;
  const word = text.replaceAll('%', '%%');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `"${word}"`;
}
