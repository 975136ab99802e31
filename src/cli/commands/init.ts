import { existsSync } from 'node:fs';
import { checkConfigText } from '../../config/load-config.ts';
import { expandPath } from '../../config/expand-path.ts';
import type { KeyPath } from '../../config/schema.ts';
import { complaintAbout } from '../../config/settle.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { harmless } from '../../report/text.ts';
import type { GlobalOptions } from '../context.ts';
import { complaintAboutKey, ask } from '../init/ask.ts';
import { configText, type Decisions } from '../init/config-text.ts';
import type { FoundHost } from '../init/found-hosts.ts';
import { findAll, type GivenAnswers, suggest } from '../init/suggest.ts';
import { configExists, writeConfig } from '../init/write-config.ts';
import type { Io } from '../io.ts';
import { canAsk, requireYes } from '../prompt.ts';
import { askSome } from '../prompts/questions.ts';
import { addInstances } from './add.ts';
import { sayNextSteps } from './overview.ts';

export interface InitOptions extends GlobalOptions, GivenAnswers {
  readonly stateDir?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** `spot init`: writes a config file out of what is found on this machine, and what a person says. */
export async function init(options: InitOptions, io: Io): Promise<number> {
  const label = options.config ?? 'config.yaml';
  const path = expandPath(label, io.cwd, io.home);
  const isAsked = canAsk(io) && !options.yes;
  if (!isAsked && !options.yes) throw unaskedError();
  await refuseWrongAnswers(options, io);
  const replaces = existsSync(path);
  if (replaces && !options.force) {
    if (!isAsked) throw configExists(label);
    await requireYes(io, `${harmless(label)} is there already. Write it anew?`, false);
  }
  const found = await findAll(io);
  const decisions = isAsked ? await ask(found, options, io) : suggest(found, options, io.home);
  const text = configText(decisions);
  await checkConfigText(text, label, io);
  writeConfig(text, { path, label, replaces, pid: io.pid });
  io.stderr.write(`wrote ${harmless(label)}: ${describe(decisions)}\n`);
  if (isAsked) await offerHosts(found.hosts, options, io);
  await sayNextSteps(options, io);
  return ExitCode.ok;
}

function unaskedError(): Error {
  const message =
    'spot init asks, and there is no terminal to ask on; take the answers it finds by itself with: spot init --yes';
  return usageError('init-unasked', message);
}

/** @throws SpotError `bad-answer` (exit 64) for a flag that would make a config file nobody can use */
async function refuseWrongAnswers(options: InitOptions, io: Io): Promise<void> {
  const { user, region, profile, files, key } = options;
  const given: [string, KeyPath, string | readonly string[] | undefined][] = [
    ['--user', 'aws.username', user],
    ['--region', 'aws.regions', region],
    ['--profile', 'aws.profile', profile],
    ['--files', 'files_dir', files],
  ];
  for (const [flag, path, value] of given) {
    const complaint = value === undefined ? null : complaintAbout(path, value);
    if (complaint !== null) throw usageError('bad-answer', `${flag}: ${complaint}`);
  }
  const complaint = key === undefined ? null : await complaintAboutKey(key, io);
  if (complaint !== null) throw usageError('bad-answer', `--key: ${complaint}`);
}

/** `key ~/.ssh/id_ed25519, EC2 in eu-west-1 (profile staging), files ./files` */
function describe({ privateKey, username, regions, profile, filesDir }: Decisions): string {
  const where = regions.length === 0 ? '' : ` in ${regions.join(', ')}`;
  const facts = [
    `key ${privateKey ?? 'of the agent or in ~/.ssh'}`,
    ...(username === null ? [] : [`user ${username}`]),
    ...(where === '' && profile === null ? [] : [`EC2${where}${profile === null ? '' : ` (profile ${profile})`}`]),
    ...(filesDir === null ? [] : [`files ${filesDir}`]),
  ];
  return harmless(facts.join(', '));
}

async function offerHosts(hosts: readonly FoundHost[], options: InitOptions, io: Io): Promise<void> {
  if (hosts.length === 0) return;
  const message = '~/.ssh/config names hosts. Which of them are instances? (none is fine)';
  const choices = hosts.map(({ name, place }) => ({ value: name, name: harmless(`${name}  ${place}`) }));
  const chosen = await askSome(io, message, choices);
  if (chosen.length > 0) await addInstances(chosen, options, io);
}
