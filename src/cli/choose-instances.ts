import type { Config } from '../config/config.ts';
import { describeNotReady } from '../inventory/describe-selection.ts';
import { requireTargets } from '../inventory/require-targets.ts';
import { type FilteredSelection, selectInstances } from '../inventory/select.ts';
import { harmless } from '../report/text.ts';
import type { State } from '../state/state.ts';
import { plural } from '../util/format.ts';
import { describeAdded } from './added-view.ts';
import { filterOf, type FilterOptions } from './filter.ts';
import type { Io } from './io.ts';

export interface InventoryFileOptions {
  readonly inventoryFile?: readonly string[];
}

export interface ChoiceRequest {
  readonly options: InventoryFileOptions & FilterOptions & { readonly quiet?: boolean; readonly dryRun?: boolean };
  readonly config: Config;
  readonly state: State;
  readonly io: Io;
}

export interface Choice {
  /** at least one instance is chosen */
  readonly fit: FilteredSelection;
  /** writes down the chosen ones that are new, or that an inventory file corrects */
  readonly makeKnown: () => void;
}

/**
 * Who a run goes to: what `--inventory-file`, `--limit` and `--exclude` leave of the fleet.
 * @throws SpotError (exit 64, 66, 69) for words or files that make no sense, and where nobody is left
 */
export async function chooseInstances(request: ChoiceRequest): Promise<Choice> {
  const { options, state, io } = request;
  const { fit, makeKnown, isListed } = await (options.inventoryFile === undefined
    ? chooseOfFleet(request)
    : chooseListed(options.inventoryFile, request));
  requireTargets(fit, state.path);
  const notReady = describeNotReady(fit, isListed ? '--inventory-file' : '--limit');
  if (notReady !== null) io.stderr.write(`spot: warning: ${harmless(notReady)}\n`);
  return { fit, makeKnown };
}

interface Chosen extends Choice {
  /** an inventory file alone says who is meant */
  readonly isListed: boolean;
}

async function chooseOfFleet(request: ChoiceRequest): Promise<Chosen> {
  const fit = selectInstances(request.state.instances.list(), filterOf(request));
  return { fit, makeKnown: () => undefined, isListed: false };
}

async function chooseListed(paths: readonly string[], request: ChoiceRequest): Promise<Chosen> {
  const { options, config, state, io } = request;
  const { readRoster, selectListed } = await import('./inventory-file.ts');
  const fleet = state.instances.list();
  const filter = filterOf(request);
  const roster = await readRoster(paths, fleet, config, io);
  const fit = selectListed(fleet, filter, roster);
  const rows = fit.chosen.flatMap(({ instanceId }) => roster.rows.get(instanceId) ?? []);
  if (options.dryRun && rows.length > 0) {
    io.stderr.write(`${plural(rows.length, 'instance')} of ${harmless(roster.label)} would be added or updated\n`);
  }
  const makeKnown = (): void => {
    state.instances.add(rows);
    if (!options.quiet) io.stderr.write(describeAdded(rows, fleet));
  };
  return { fit, makeKnown, isListed: filter.limit.length === 0 };
}
