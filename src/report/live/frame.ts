import type { Painter } from '../painter.ts';
import { renderSpans } from '../text.ts';
import { failureLines, failureRows } from './failures.ts';
import { footLines } from './footer.ts';
import { headLines, shortHead } from './header.ts';
import type { LiveModel } from './model.ts';
import { followLines, helpLines, outputLines, runningLines } from './panels.ts';
import { instanceLines, mostUrgent, newestLine } from './rows.ts';
import type { ViewState } from './view-state.ts';

export interface FrameOptions {
  /** of the terminal */
  readonly columns: number;
  /** rows the frame may take, at least 1 */
  readonly rows: number;
  /** ms since the epoch */
  readonly now: number;
  readonly painter: Painter;
  /** somebody can press keys: they are named in the last line */
  readonly hasKeys: boolean;
}

const MAX_FAILURE_ROWS = 6;
/** Of those who run, where not all of them have room. */
const MAX_SLOWEST_ROWS = 20;
/** Rows for instances from which on one is spared for the newest output. */
const ROWS_FOR_NEWEST = 5;

/**
 * The live view as lines of at most `columns`, never more than `rows`, however many instances there are: the state of
 * the whole, then the panel that was asked for, then the keys.
 */
export function liveFrame(model: LiveModel, state: ViewState, options: FrameOptions): string[] {
  const foot = footLines(model, state, options);
  const { rows } = options;
  const above = { ...options, rows: Math.max(1, rows - foot.length) };
  return [...upperLines(model, state, above).slice(0, above.rows), ...foot].slice(0, rows);
}

function upperLines(model: LiveModel, { panel }: ViewState, options: FrameOptions): string[] {
  if (panel.kind === 'overview') {
    const head = headLines(model, options);
    return [...head, ...overviewLines(model, { ...options, rows: options.rows - head.length })];
  }
  const below = { ...options, rows: options.rows - 1 };
  return [shortHead(model, options), ...panelLines(model, panel, below)];
}

function panelLines(model: LiveModel, panel: ViewState['panel'], options: FrameOptions): string[] {
  switch (panel.kind) {
    case 'running':
      return runningLines(model, panel.top, options);
    case 'failures':
      return failureLines(model, panel.top, options);
    case 'follow':
      return followLines(model, panel.instanceId, options);
    case 'help':
      return helpLines(options);
    case 'overview':
      return [];
  }
}

/** What deserves the eye: what failed, whoever runs, and the newest output where not everyone is shown. */
function overviewLines(model: LiveModel, options: FrameOptions): string[] {
  const { rows } = options;
  if (rows <= 0) return [];
  const [only] = model.instances.values();
  if (model.total === 1 && only !== undefined) return outputLines(only, options);
  const failed = failureRows(model, { ...options, rows: Math.min(MAX_FAILURE_ROWS, Math.floor(rows / 3)) });
  return [...failed, ...runningRows(model, { ...options, rows: rows - failed.length })];
}

function runningRows(model: LiveModel, options: FrameOptions): string[] {
  const { rows, columns, painter } = options;
  const { running } = model;
  if (running.size === 0 || rows === 0) return [];
  if (running.size <= rows) {
    const inOrder = [...running.values()].sort((a, b) => a.number - b.number);
    return instanceLines(inOrder, false, options);
  }
  const newest = rows >= ROWS_FOR_NEWEST ? newestLine(model, options) : null;
  const shown = mostUrgent(running).slice(0, Math.min(MAX_SLOWEST_ROWS, rows - 1 - (newest === null ? 0 : 1)));
  const hidden = running.size - shown.length;
  const more = shown.length === 0 ? `${hidden} running` : `… and ${hidden} more running`;
  return [
    ...instanceLines(shown, false, options),
    renderSpans([[`  ${more}`, painter.dim]], columns),
    ...(newest === null ? [] : [newest]),
  ];
}
