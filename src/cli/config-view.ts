import type { EffectiveSetting } from '../config/effective.ts';
import type { ConfigReading } from '../config/load-config.ts';
import type { ConfigFile } from '../config/read-file.ts';
import { formatTable } from '../report/table.ts';

/** `spot config`: every key, its value, and where that comes from. */
export function settingsTable(settings: readonly EffectiveSetting[], columns: number | undefined): string {
  const rows = settings.map((setting) => [setting.key, bareValue(setting) || '-', originOf(setting)]);
  return formatTable(['KEY', 'VALUE', 'FROM'], rows, { columns });
}

/** A value alone, for scripts: lists with commas; empty where there is none. */
export function bareValue({ value }: EffectiveSetting): string {
  return typeof value === 'string' ? value : (value ?? []).join(',');
}

function originOf({ place, hidden }: EffectiveSetting): string {
  return hidden.length === 0 ? place : `${place}, before ${hidden.join(', ')}`;
}

/** `spot config --path` */
export function filesTable(files: readonly ConfigFile[], columns: number | undefined): string {
  const rows = files.map(({ path, status }) => [path, status === 'missing' ? 'not there' : status]);
  return formatTable(['FILE', 'STATUS'], rows, { columns });
}

/** What `--json` shows. */
export function configDocument({ settings, files, problems }: ConfigReading): unknown {
  return {
    schema: 1,
    files,
    settings: settings.map(({ key, value, source, place, hidden }) => ({ key, value, source, from: place, hidden })),
    problems: problems.map(({ message }) => message),
  };
}
