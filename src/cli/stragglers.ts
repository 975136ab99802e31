import type { Config } from '../config/config.ts';
import type { Plan, StragglerRule } from '../model/plan.ts';
import type { FlagKeys } from './context.ts';
import { refuseBoth } from './contradictions.ts';

/** Flags about scripts that take much longer than the others. */
export interface StragglerOptions {
  readonly stragglerAfter?: string;
  readonly straggler?: string;
}

export const STRAGGLER_KEYS: FlagKeys = {
  stragglerAfter: { key: 'stragglers.after', flag: '--straggler-after' },
  straggler: { key: 'stragglers.action', flag: '--straggler' },
};

/** @throws SpotError (exit 64) where no script is waited for */
export function refuseStragglers(
  options: StragglerOptions & { readonly detach?: boolean; readonly copyOnly?: boolean },
): void {
  const flag = options.straggler !== undefined ? '--straggler' : '--straggler-after';
  if (options.straggler === undefined && options.stragglerAfter === undefined) return;
  if (options.detach) refuseBoth('--detach', flag);
  if (options.copyOnly) refuseBoth('--copy-only', flag);
}

/** What a plan says about them: nothing where nobody is called one. */
export function stragglersOf(
  { stragglers: { after, action } }: Config,
  { mode, detached }: Pick<Plan, 'mode' | 'detached'>,
): { readonly stragglers?: StragglerRule } {
  return after === null || detached || mode === 'copy' ? {} : { stragglers: { after, action } };
}
