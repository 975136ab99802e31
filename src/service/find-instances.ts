import { isOfFleet } from '../inventory/select.ts';
import { noInstanceError, type Problem, type SpotError } from '../model/errors.ts';
import { addressOf, type Instance, isEnded } from '../model/instance.ts';
import type { State } from '../state/state.ts';
import { quoteWord } from '../util/format.ts';
import type { Deployed } from './api.ts';
import type { ServiceSettings } from './settings.ts';

/** What became of the words of a request; an instance that several of them mean is in it once. */
export interface FoundInstances {
  /** in the order of the words: those that run and have an address, and those that come up */
  readonly taken: readonly Instance[];
  readonly errors: Deployed['errors'];
}

/** Instances by their ids or names, and what keeps others from getting a payload. */
export function findInstances(
  words: readonly string[],
  state: Pick<State, 'instances'>,
  settings: Pick<ServiceSettings, 'tags'>,
): FoundInstances {
  const unique = [...new Set(words)];
  const called = state.instances.called(unique);
  const taken = new Map<string, Instance>();
  const errors: Deployed['errors'][number][] = [];
  for (const word of unique) {
    const found = oneOf(word, called.get(word) ?? []);
    const problem = 'code' in found ? found : obstacleOf(found, settings);
    if (problem !== null) errors.push({ code: problem.code, message: problem.message, instance: word });
    else taken.set((found as Instance).instanceId, found as Instance);
  }
  return { taken: [...taken.values()], errors };
}

/**
 * The instance of that id or name, in whatever state.
 * @throws SpotError `instance-unknown`, `instance-ambiguous` (exit 69)
 */
export function findInstance(word: string, state: Pick<State, 'instances'>): Instance {
  const found = oneOf(word, state.instances.called([word]).get(word) ?? []);
  if ('code' in found) throw found;
  return found;
}

export function isUp({ state }: Instance): boolean {
  return state === 'running';
}

/** A name may be that of instances that ended before this one came. */
function oneOf(word: string, called: readonly Instance[]): Instance | SpotError {
  const there = called.filter((instance) => !isEnded(instance));
  const [first, second] = there.length > 0 ? there : called;
  if (first === undefined) {
    return noInstanceError(
      'instance-unknown',
      `no instance has the id or name ${quoteWord(word)}; see which there are`,
    );
  }
  if (second === undefined || there.length === 0) return first;
  const ids = there.slice(0, 3).map(({ instanceId }) => instanceId);
  const message = `${quoteWord(word)} is the name of ${there.length} instances (${ids.join(', ')}${there.length > 3 ? ', …' : ''}); name one by its id`;
  return noInstanceError('instance-ambiguous', message);
}

function obstacleOf(instance: Instance, { tags }: Pick<ServiceSettings, 'tags'>): Problem | null {
  const { instanceId, state } = instance;
  if (!isUp(instance) && state !== 'pending') {
    const message = `${instanceId} is ${state}; a payload needs an instance that runs or comes up`;
    return { code: 'instance-not-running', message };
  }
  if (!isOfFleet(instance, tags)) {
    return { code: 'instance-other-tags', message: `${instanceId} has other tags than aws.tags asks for` };
  }
  if (!isUp(instance) || addressOf(instance) !== null) return null;
  return { code: 'instance-no-address', message: `${instanceId} runs and has no address; give it one, or sync` };
}
