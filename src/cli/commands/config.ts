import type { EffectiveSetting } from '../../config/effective.ts';
import { type ConfigReading, inspectConfig, problemsAsError } from '../../config/load-config.ts';
import { KEY_PATHS, leafOf } from '../../config/schema.ts';
import { usageError } from '../../model/errors.ts';
import { ExitCode } from '../../model/exit-code.ts';
import { harmless } from '../../report/text.ts';
import { quoteWord } from '../../util/format.ts';
import { nearest } from '../../util/nearest.ts';
import { bareValue, configDocument, filesTable, settingsTable } from '../config-view.ts';
import { configSources, type GlobalOptions } from '../context.ts';
import type { Io } from '../io.ts';

export interface ConfigOptions extends GlobalOptions {
  readonly path?: boolean;
  readonly json?: boolean;
}

/**
 * `spot config`: the effective value of every key, or of one, or the files that were looked for. Of a broken configuration
 * all is shown that is known, and then all that is wrong; one value alone is not, as no other command would take it.
 */
export async function showConfig(key: string | undefined, options: ConfigOptions, io: Io): Promise<number> {
  if (key !== undefined && options.path === true) {
    throw usageError('config-flags', 'a key and --path exclude each other; leave one of them out');
  }
  const reading = await inspectConfig(configSources(options, io));
  if (key !== undefined) {
    const setting = settingOf(key, reading);
    if (reading.problems.length > 0) throw problemsAsError(reading.problems);
    io.stdout.write(`${options.json ? JSON.stringify(setting.value) : harmless(bareValue(setting))}\n`);
    return ExitCode.ok;
  }
  io.stdout.write(
    options.json ? `${JSON.stringify(configDocument(reading), null, 2)}\n` : textOf(reading, options, io),
  );
  if (reading.problems.length > 0) throw problemsAsError(reading.problems);
  return ExitCode.ok;
}

function textOf({ files, settings }: ConfigReading, options: ConfigOptions, io: Io): string {
  const { columns } = io.stdout;
  return options.path === true ? filesTable(files, columns) : settingsTable(settings, columns);
}

/** @throws SpotError `unknown-key` (exit 64) */
function settingOf(key: string, { settings }: ConfigReading): EffectiveSetting {
  const setting = settings.find((each) => each.key === key);
  if (setting !== undefined) return setting;
  const inside = KEY_PATHS.filter((known) => known.startsWith(key.endsWith('.') ? key : `${key}.`));
  if (inside.length > 0)
    throw usageError('unknown-key', `${quoteWord(key)} is a section; its keys are ${inside.join(', ')}`);
  const meant = nearest(key, KEY_PATHS) ?? KEY_PATHS.find((known) => leafOf(known) === key);
  const hint = meant === undefined ? 'see all of them with: spot config' : `did you mean ${meant}?`;
  throw usageError('unknown-key', `${quoteWord(key)} is not a known key; ${hint}`);
}
