import type { Config } from '../config/config.ts';
import { EC2_SOURCE, type Instance } from '../model/instance.ts';
import type { Plan } from '../model/plan.ts';
import { harmless } from '../report/text.ts';
import { formatBytes, plural } from '../util/format.ts';
import type { Io } from './io.ts';
import { describeWaves } from './plan-view.ts';
import { canAsk, requireYes } from './prompt.ts';

/** What a person is asked about. */
export interface Proposal {
  /** what is run: `deploy.sh`, `deploy@3` */
  readonly label: string;
  readonly mode: Plan['mode'];
  readonly instances: readonly Instance[];
  /** of the archive; null where only a service knows */
  readonly sizeBytes: number | null;
  /** null where there are no waves */
  readonly rollout: Plan['rollout'] | null;
}

/** What is to be run by a plan. */
export function proposalOf({ mode, targets, payload, rollout }: Plan, label: string): Proposal {
  return { label, mode, instances: targets.map(({ instance }) => instance), sizeBytes: payload.sizeBytes, rollout };
}

/**
 * A person is asked once before more instances than `confirm_above` are touched; a pipeline is not.
 * @throws SpotError `declined` (exit 130) for a no
 */
export async function requireConsent(
  proposal: Proposal,
  { yes }: { readonly yes?: boolean },
  { confirmAbove }: Pick<Config, 'confirmAbove'>,
  io: Io,
): Promise<void> {
  if (yes || proposal.instances.length <= confirmAbove || !canAsk(io)) return;
  await requireYes(io, questionFor(proposal), true);
}

/** `Run deploy.sh on 120 instances (20 added by hand, 100 from EC2 us-east-1; 386 B × 120 = 46 KB)?` */
export function questionFor({ label, mode, instances, sizeBytes, rollout }: Proposal): string {
  const count = instances.length;
  const waves = rollout === null ? '' : describeWaves(rollout);
  const facts = [
    originsOf(instances).join(', '),
    ...(sizeBytes === null ? [] : [`${formatBytes(sizeBytes)} × ${count} = ${formatBytes(sizeBytes * count)}`]),
    ...(waves === '' ? [] : [`in waves of ${waves}`]),
  ];
  const [verb, where] = mode === 'copy' ? ['Copy', 'to'] : ['Run', 'on'];
  return `${verb} ${harmless(label)} ${where} ${plural(count, 'instance')} (${facts.join('; ')})?`;
}

/** Regions that are named one by one. */
const MAX_ORIGINS = 4;

/** Where they come from: `20 added by hand`, `100 from EC2 us-east-1`. */
function originsOf(instances: readonly Instance[]): string[] {
  const counts = new Map<string, number>();
  for (const instance of instances) {
    const origin = originOf(instance);
    counts.set(origin, (counts.get(origin) ?? 0) + 1);
  }
  const all = [...counts].sort(([, a], [, b]) => b - a);
  const named = all.slice(0, MAX_ORIGINS).map(([origin, count]) => `${count} ${origin}`);
  const rest = all.slice(MAX_ORIGINS).reduce((sum, [, count]) => sum + count, 0);
  return rest === 0 ? named : [...named, `${rest} from elsewhere`];
}

function originOf({ source, region }: Instance): string {
  if (source === 'manual') return 'added by hand';
  if (source === EC2_SOURCE) return `from EC2${region === null ? '' : ` ${harmless(region)}`}`;
  return `from ${harmless(source)}`;
}
