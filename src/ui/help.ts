import { OUTCOME_KINDS } from '../model/outcome.ts';
import { h } from './dom.ts';
import { KEYS } from './key-names.ts';
import { lookOfOutcome, lookOfStep } from './looks.ts';
import { plainMark } from './parts.ts';

/** Keys, and what the marks mean. */
export function helpDialog(): HTMLDialogElement {
  const keys = KEYS.map(([key, what]) =>
    h('div', {}, h('dt', {}, ...key.split(' ').map((each) => h('kbd', {}, each))), h('dd', {}, what)),
  );
  const looks = [...OUTCOME_KINDS.map(lookOfOutcome), lookOfStep('upload'), lookOfStep('execute'), lookOfStep(null)];
  const marks = looks.map((look) => h('li', {}, plainMark(look), look.word));
  const close = h('button', { type: 'button' }, 'Close');
  const filter = h(
    'p',
    {},
    'A filter has words that a name, an address or an outcome contains. ',
    h('code', {}, 'role=web'),
    ' asks for a tag, ',
    h('code', {}, '-succeeded'),
    ' leaves out.',
  );
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'help-title' },
    h('h2', { id: 'help-title' }, 'Keys'),
    h('dl', { class: 'keys' }, ...keys),
    ...[filter, h('h2', {}, 'Marks'), h('ul', { class: 'marks' }, ...marks), close],
  );
  close.addEventListener('click', () => dialog.close());
  return dialog;
}
