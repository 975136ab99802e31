import type { RunEvent, Subscriber } from '../model/event.ts';
import { messageOf } from '../model/errors.ts';
import type { Clock } from '../util/clock.ts';
import { createJson } from './json.ts';
import { createJsonLines } from './json-lines.ts';
import { createLines } from './lines.ts';
import type { ColorFlag } from './painter.ts';
import { loadPainter, resolveColor } from './painter.ts';
import type { Report, ScreenControls, ScreenReport } from './report.ts';
import { createSummary, type SummaryOptions } from './summary/summary.ts';
import type { Writer } from './writer.ts';

export interface ReportOptions {
  /** what goes to stdout: nothing, one document at the end, or every event */
  readonly format: 'auto' | 'json' | 'json-lines';
  readonly stdout: Writer;
  readonly stderr: Writer;
  /** `CI`, `TERM`, `NO_COLOR` and `FORCE_COLOR` are looked at */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** stderr says only what did not succeed */
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: ColorFlag;
  readonly clock: Clock;
  /** absolute; paths below it are shown relative to it */
  readonly cwd: string;
  /** false: plain lines even on a terminal; default true */
  readonly live?: boolean;
  /** how commands about the run are typed when it is over; without it none is proposed */
  readonly next?: SummaryOptions['next'];
}

/** All reports of a run as one. */
export interface Reports {
  /** never throws; silent after `close` */
  readonly emit: Subscriber;
  /** writes the summary and the document; safe to call twice */
  close(): Promise<void>;
  /** the live view, or null where there are plain lines */
  readonly screen: ScreenControls | null;
}

/** The reports that fit these options. Data goes to stdout, everything for people to stderr. */
export async function createReports(options: ReportOptions): Promise<Reports> {
  const reports: Report[] = [];
  const screen = isLive(options) ? await openLive(options) : null;
  reports.push(screen ?? (await openLines(options)));
  if (!options.quiet) reports.push(await openSummary(options, screen !== null));
  if (options.format === 'json') reports.push(createJson(options.stdout));
  if (options.format === 'json-lines') reports.push(createJsonLines(options.stdout));
  return new ReportGroup(reports, screen, options.stderr);
}

/** A live view needs a terminal to itself: JSON lines on the same one would be drawn over. */
function isLive({ stdout, stderr, env, quiet, format, live = true }: ReportOptions): boolean {
  const isTerminal = stderr.isTTY === true && env['TERM'] !== 'dumb' && !isSet(env['CI']);
  const isShared = format === 'json-lines' && stdout.isTTY === true;
  return live && isTerminal && !isShared && !quiet;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}

async function openLive({ stderr, clock, ...options }: ReportOptions): Promise<ScreenReport> {
  const { createLive } = await import('./live/live.ts');
  return createLive({ writer: stderr, clock, painter: await painterFor({ stderr, ...options }) });
}

async function openLines(options: ReportOptions): Promise<Report> {
  const detail = options.quiet ? 'quiet' : options.verbose ? 'verbose' : 'normal';
  return createLines({ writer: options.stderr, painter: await painterFor(options), detail });
}

async function openSummary(options: ReportOptions, showOutput: boolean): Promise<Report> {
  const { stderr, verbose, cwd, next } = options;
  const painter = await painterFor(options);
  return createSummary({ writer: stderr, painter, showOutput, verbose, cwd, ...(next && { next }) });
}

function painterFor({ color, env, stderr }: Pick<ReportOptions, 'color' | 'env' | 'stderr'>) {
  return loadPainter(resolveColor({ flag: color, env, isTTY: stderr.isTTY === true }));
}

class ReportGroup implements Reports {
  readonly screen: ScreenControls | null;
  readonly #stderr: Writer;
  #reports: readonly Report[];
  #closing: Promise<void> | null = null;

  constructor(reports: readonly Report[], screen: ScreenControls | null, stderr: Writer) {
    this.#reports = reports;
    this.screen = screen;
    this.#stderr = stderr;
  }

  readonly emit = (event: RunEvent): void => {
    if (this.#closing !== null) return;
    for (const report of this.#reports) {
      try {
        report.emit(event);
      } catch (error) {
        this.#drop(report, error);
      }
    }
  };

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** One after the other: the live view has left the screen before the summary is printed. */
  async #closeAll(): Promise<void> {
    for (const report of this.#reports) {
      try {
        await report.close();
      } catch (error) {
        this.#drop(report, error);
      }
    }
  }

  /** A report that breaks must not end the run that it reports. */
  #drop(broken: Report, error: unknown): void {
    this.#reports = this.#reports.filter((report) => report !== broken);
    this.#stderr.write(`spot: a report stopped working (${messageOf(error)}); the run is not affected.\n`);
  }
}
