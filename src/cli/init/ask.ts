import { complaintAbout } from '../../config/settle.ts';
import { expandPath } from '../../config/expand-path.ts';
import { harmless } from '../../report/text.ts';
import { readKeyFile } from '../../transport/ssh/key-file.ts';
import { plural } from '../../util/format.ts';
import type { Io } from '../io.ts';
import { askOneOf, askText } from '../prompts/questions.ts';
import type { Decisions } from './config-text.ts';
import type { FoundAws } from './found-aws.ts';
import {
  type AwsAnswer,
  type Found,
  type GivenAnswers,
  keysOf,
  suggest,
  suggestedAws,
  suggestedRegion,
} from './suggest.ts';

/** Asks for everything that no flag has answered; what was found is suggested. */
export async function ask(found: Found, given: GivenAnswers, io: Io): Promise<Decisions> {
  const key = given.key ?? (await askKey(found, io));
  const username = given.user ?? (await askUser(io));
  const aws = await askAws(found.aws, given, io);
  const regions = given.region ?? (aws === null ? [] : await askRegions(found.aws, aws, io));
  const suggested = suggest(found, given, io.home);
  return { ...suggested, ...keysOf(key, io.home), username, profile: aws?.profile ?? null, regions };
}

async function askKey({ keys: { agent, files } }: Found, io: Io): Promise<string | null> {
  const held =
    agent.length > 0 ? `the SSH agent has (${plural(agent.length, 'key')}: ${agentNames(agent)})` : '~/.ssh has';
  const own = { value: null, name: `whatever ${held}, as ssh would try it` };
  const named = files.map((path) => ({ value: path, name: harmless(path) }));
  const other = { value: '', name: 'another file …' };
  const options = agent.length > 0 ? [own, ...named, other] : [...named, own, other];
  const answer = await askOneOf<string | null>(io, 'Which key is used to log in?', options);
  return answer === '' ? askText(io, 'Path of the private key:', '', (path) => complaintAboutKey(path, io)) : answer;
}

function agentNames(agent: readonly string[]): string {
  return agent.length <= 2 ? agent.join(', ') : `${agent.slice(0, 2).join(', ')} …`;
}

/** What is wrong with a file as a key to log in with, or null. */
export async function complaintAboutKey(path: string, { cwd, home }: Pick<Io, 'cwd' | 'home'>): Promise<string | null> {
  const complaint = complaintAbout('aws.private_ssh_key_path', path);
  if (complaint !== null) return complaint;
  const file = await readKeyFile(expandPath(path, cwd, home));
  if (file.kind === 'missing') return `${harmless(path)} does not exist`;
  return file.kind === 'unusable' || file.kind === 'public' ? file.problem.message : null;
}

async function askUser(io: Io): Promise<string | null> {
  const own = harmless(io.user);
  const names = ['ubuntu', 'ec2-user', ...(['ubuntu', 'ec2-user', 'root'].includes(own) ? [] : [own])];
  const answer = await askOneOf<string | null>(io, 'Which user logs in?', [
    { value: null, name: 'that of each instance or of ~/.ssh/config, else ubuntu' },
    ...names.map((name) => ({ value: name, name })),
    { value: '', name: 'another one …' },
  ]);
  return answer === '' ? askText(io, 'User name:', '', (name) => complaintAbout('aws.username', name)) : answer;
}

async function askAws(found: FoundAws, given: GivenAnswers, io: Io): Promise<AwsAnswer | null> {
  const { profiles, hasKeys, profileInUse } = found;
  if (given.aws === false || given.profile !== undefined) return suggestedAws(found, given);
  if (profiles.length === 0 && !hasKeys && profileInUse === null) return null;
  const suggested = suggestedAws(found, given);
  const none = { value: 'none', name: 'none: instances are added by hand' };
  const byEnvironment = { value: '', name: 'yes, with what the environment says' };
  const named = profiles.map(({ name, region }) => ({
    value: `profile ${name}`,
    name: harmless(`yes, with the profile ${name}${region === null ? '' : ` (${region})`}`),
  }));
  const wanted =
    suggested === null ? 'none' : suggested.profile === null ? 'profile default' : `profile ${suggested.profile}`;
  const all = [...named, ...(hasKeys ? [byEnvironment] : []), none];
  const first = all.find(({ value }) => value === wanted);
  const options = first === undefined ? all : [first, ...all.filter((option) => option !== first)];
  const answer = await askOneOf(io, 'Are there instances in EC2?', options);
  if (answer === 'none') return null;
  // the default profile is what counts where nobody names one
  return { profile: answer === '' || answer === 'profile default' ? null : answer.slice('profile '.length) };
}

async function askRegions(found: FoundAws, aws: AwsAnswer, io: Io): Promise<readonly string[]> {
  const suggested = suggestedRegion(found, aws) ?? 'us-east-1';
  const complaint = (text: string): string | null => complaintAbout('aws.regions', text);
  const text = await askText(io, 'In which regions? (with commas between them)', suggested, complaint);
  return text.split(',').map((region) => region.trim());
}
