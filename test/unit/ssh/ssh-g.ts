import { execFileSync } from 'node:child_process';
import type { Host } from '../../../src/model/plan.ts';

/** What `ssh -G` says about a host: keyword in lower case to its values, one per line printed. */
export function sshG(file: string, host: Host): Map<string, string[]> {
  const user = host.user === null ? [] : ['-l', host.user];
  const port = host.port === null ? [] : ['-p', String(host.port)];
  const args = ['-G', '-T', '-F', file, ...user, ...port, host.address];
  const printed = execFileSync('ssh', args, { encoding: 'utf8' });
  const settings = new Map<string, string[]>();
  for (const line of printed.trim().split('\n')) {
    const [keyword, ...words] = line.split(' ') as [string, ...string[]];
    settings.set(keyword, [...(settings.get(keyword) ?? []), words.join(' ')]);
  }
  return settings;
}
