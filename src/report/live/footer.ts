import type { Span } from '../text.ts';
import { renderSpans } from '../text.ts';
import type { FrameOptions } from './frame.ts';
import type { LiveModel } from './model.ts';
import { matching, type Panel, type ViewState } from './view-state.ts';

/** Rows from which on there is one for the keys. */
const ROWS_FOR_KEYS = 8;

const KEYS: Record<Panel['kind'], string> = {
  overview: 's running · f failures · l follow one · q leave · ? help',
  running: '↑ ↓ PgUp PgDn scroll · l follow one · s or Esc back',
  failures: '↑ ↓ PgUp PgDn scroll · l follow one · f or Esc back',
  follow: 'l or Esc back · s running · f failures · q leave',
  help: '? or Esc back',
};

/** The line that is typed into, or the keys that make sense now; nothing where there is no room, or no keyboard. */
export function footLines(model: LiveModel, { panel, input }: ViewState, options: FrameOptions): string[] {
  const { rows, columns, hasKeys, painter } = options;
  if (!hasKeys) return [];
  if (input !== null) return [inputLine(model, input, options)];
  return rows < ROWS_FOR_KEYS ? [] : [renderSpans([[KEYS[panel.kind], painter.dim]], columns)];
}

/** `follow: web-1_   web-1  web-10  web-11 …  12 of 500`: Enter takes the first of those. */
function inputLine(model: LiveModel, input: string, { columns, painter }: FrameOptions): string {
  const question: Span = [`follow (number or name): ${input}_`, painter.bold];
  if (input.trim() === '') return renderSpans([question], columns);
  const found = matching(model, input);
  const [first, ...others] = found;
  if (first === undefined) return renderSpans([question, ['   no instance is called that', painter.warn]], columns);
  const some = others.slice(0, 5).map(({ label }) => `  ${label}`);
  const rest = others.length > some.length ? `  … ${found.length} in all` : '';
  return renderSpans([question, [`   ${first.label}`, painter.good], [some.join('') + rest, painter.dim]], columns);
}
