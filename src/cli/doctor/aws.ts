import type { Config } from '../../config/config.ts';
import { type Check, doubtful, well, wrongBy } from '../../model/check.ts';
import { SpotError } from '../../model/errors.ts';
import { groupBy } from '../../util/group-by.ts';
import { formatDuration, formatSpan } from '../../util/format.ts';
import { openCloud } from '../cloud.ts';
import type { Io } from '../io.ts';

const NAME = 'aws';

/** One small question to each region, all at once; nothing where AWS is not used, and the SDK is not loaded then. */
export async function awsChecks(config: Config, io: Io): Promise<Check[]> {
  if (!config.aws.isUsed) return [];
  const cloud = await openCloud(config, io);
  try {
    const looks = await Promise.all(
      config.aws.regions.map(async (region) => {
        const startedAt = io.clock.now();
        try {
          const { clockAheadMs } = await cloud.probe(region);
          return { region, clockAheadMs, ms: io.clock.now() - startedAt, error: null };
        } catch (error) {
          if (!(error instanceof SpotError)) throw error;
          return { region, clockAheadMs: 0, ms: 0, error };
        }
      }),
    );
    return judge(looks);
  } finally {
    cloud.close();
  }
}

interface Look {
  readonly region: string;
  readonly clockAheadMs: number;
  readonly ms: number;
  readonly error: SpotError | null;
}

/** What is the same everywhere, such as missing credentials, is said once. */
function judge(looks: readonly Look[]): Check[] {
  const good = looks.filter(({ error }) => error === null);
  const found = good.map(({ region, ms }) => `${region} ${formatDuration(ms)}`).join(', ');
  const ahead = good.find(({ clockAheadMs }) => clockAheadMs !== 0)?.clockAheadMs ?? 0;
  const bad = looks.filter(({ error }) => error !== null);
  const codes = groupBy(bad, ({ error }) => error?.code ?? '');
  return [
    ...(good.length > 0 ? [well(NAME, `answers: ${found}`)] : []),
    ...(ahead === 0 ? [] : [clockCheck(ahead)]),
    ...[...codes].map(([code, same]) => problemOf(code, same)),
  ];
}

function clockCheck(aheadMs: number): Check {
  const found = `the clock of this machine is ${formatSpan(Math.abs(aheadMs))} ${aheadMs > 0 ? 'behind' : 'ahead of'} that of AWS`;
  return doubtful(NAME, found, 'set it right, e.g. with NTP');
}

function problemOf(code: string, [first, ...others]: readonly Look[]): Check {
  const check = wrongBy(NAME, first?.error?.message ?? '', code);
  if (others.length === 0) return check;
  return { ...check, found: `${check.found}; so it is in ${others.map(({ region }) => region).join(', ')}` };
}
