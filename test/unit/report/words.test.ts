import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/model/outcome.ts';
import { describeOutcome, isTrouble, outcomeSymbol } from '../../../src/report/words.ts';

const error = { code: 'x', message: 'what happened' };

describe('the words of an outcome', () => {
  it.each<[Outcome, string, boolean]>([
    [{ kind: 'succeeded' }, '✓ succeeded', false],
    [{ kind: 'failed', exitCode: 3 }, '✗ failed: exit 3', true],
    [{ kind: 'killed', signal: 'SIGKILL' }, '✗ killed: SIGKILL', true],
    [{ kind: 'timed-out', step: 'execute', error }, '✗ timed out: what happened', true],
    [{ kind: 'unreachable', error }, '✗ unreachable: what happened', true],
    [{ kind: 'rejected', error }, '✗ rejected: what happened', true],
    [{ kind: 'lost', step: 'collect', error }, '✗ lost: what happened', true],
    [{ kind: 'reclaimed', error }, '! reclaimed: what happened', true],
    [{ kind: 'cancelled', error }, '! cancelled: what happened', true],
    [{ kind: 'skipped', reason: 'failure limit' }, '- skipped: failure limit', false],
  ])('$kind', (outcome, text, trouble) => {
    expect(`${outcomeSymbol(outcome.kind)} ${describeOutcome(outcome)}`).toBe(text);
    expect(isTrouble(outcome.kind)).toBe(trouble);
  });
});
