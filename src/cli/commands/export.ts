import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { describeSelection } from '../../inventory/describe-selection.ts';
import { expandSelectors } from '../../inventory/expand-selectors.ts';
import { ansibleInventory } from '../../inventory/export/ansible.ts';
import type { Exported, ExportedHop, ExportedText } from '../../inventory/export/exported.ts';
import { fleetDocument } from '../../inventory/export/json.ts';
import { sshConfigText } from '../../inventory/export/ssh-config.ts';
import { requireTargets } from '../../inventory/require-targets.ts';
import { selectInstances } from '../../inventory/select.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { addressOf, type Instance } from '../../model/instance.ts';
import { harmless } from '../../report/text.ts';
import { DEFAULT_IDENTITY_FILES, type ResolvedHop } from '../../transport/ssh/ssh-config-hop.ts';
import { loadSshConfig } from '../../transport/ssh/ssh-config.ts';
import { type GlobalOptions, readConfig, withState } from '../context.ts';
import type { Io } from '../io.ts';

/** What the fleet can be written as. */
export type ExportFormat = 'ansible' | 'ssh-config' | 'json';

/** `spot export`: those that a run would go to, with all that it takes to log in to them, for another tool. */
export async function exportFleet(
  format: ExportFormat,
  words: readonly string[],
  options: GlobalOptions,
  io: Io,
): Promise<number> {
  const config = await readConfig(options, io);
  return withState(config, io, async (state) => {
    const limit = expandSelectors(words, { flag: null, readFile: (path) => readFileSync(path, 'utf8') });
    const selection = selectInstances(state.instances.list(), { limit, exclude: [], tags: config.aws.tags });
    requireTargets(selection, state.path);
    const { text, warnings } = FORMATS[format](await exportedOf(selection.chosen, config, io));
    if (selection.skipped.length > 0) io.stderr.write(`${describeSelection(selection)}\n`);
    for (const warning of warnings) io.stderr.write(`spot: warning: ${harmless(warning)}\n`);
    io.stdout.write(text);
    return ExitCode.ok;
  });
}

const FORMATS: Readonly<Record<ExportFormat, (exported: readonly Exported[]) => ExportedText>> = {
  ansible: (exported) => ({ text: ansibleInventory(exported), warnings: [] }),
  'ssh-config': sshConfigText,
  json: (exported) => ({ text: `${JSON.stringify(fleetDocument(exported), null, 2)}\n`, warnings: [] }),
};

/** As a run logs in to them: what the state says, then the configuration, then ssh_config. */
async function exportedOf(instances: readonly Instance[], { aws, ssh }: Config, io: Io): Promise<Exported[]> {
  const context = { mustExist: ssh.configFileGiven, home: io.home, localUser: io.user, env: io.env };
  const sshConfig = await loadSshConfig(ssh.configFile, context);
  return instances.map((instance) => {
    const address = addressOf(instance) as string;
    const host = { user: instance.sshUser ?? aws.username, address, port: instance.sshPort };
    const { jumps, ...hop } = sshConfig.resolve(host);
    const withKey = (each: ResolvedHop): ExportedHop => hopOf(each, aws.privateSshKeyPath, io.home);
    return { instance, address, hop: withKey(hop), jumps: jumps.map(withKey) };
  });
}

/** The keys that every ssh tries by itself need not be named. */
function hopOf(
  { user, address, port, identityFiles, hostKeyAlias }: ResolvedHop,
  key: string | null,
  home: string,
): ExportedHop {
  const usual = DEFAULT_IDENTITY_FILES.map((name) => join(home, '.ssh', name));
  const isUsual = identityFiles.every((file) => usual.includes(file));
  return { user, address, port, hostKeyAlias, identityFiles: key !== null ? [key] : isUsual ? [] : identityFiles };
}
