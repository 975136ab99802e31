import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { EventDocument } from '../../src/service/events/document.ts';
import type { State } from '../../src/state/state.ts';
import { waitFor } from '../helpers/wait-for.ts';
import { compile, startProgram } from './compile.ts';
import { anInstance, aPlan } from './records.ts';
import { openedState, temporaryFolder } from './support.ts';

const RUN = 'r1';

function eventsOf({ runEvents }: State): { number: number; writer: string; at: number }[] {
  return runEvents.read(RUN, 0, 1_000_000).flatMap(({ number, event }) => {
    const document = JSON.parse(event) as EventDocument;
    return document.type === 'notice' ? [{ number, writer: document.message, at: Date.parse(document.at) }] : [];
  });
}

/** Of one writer, in the order in which they were written. */
function orderOf(state: State, writer: string): number[] {
  return eventsOf(state).flatMap((event) => (event.writer === writer ? [event.at] : []));
}

test('two processes that write the events of one run number them without gaps, each in its order', async () => {
  const folder = temporaryFolder();
  const state = openedState(folder);
  state.ledger.runStarted(aPlan(RUN, [anInstance('i-1')]));
  const program = compile('append-events', temporaryFolder());
  const writers = ['one', 'two'].map((name) => startProgram(program, [folder, RUN, name, '500']));
  const exits = writers.map((writer) => once(writer, 'exit'));
  await Promise.all(writers.map((writer) => once(writer.stdout, 'data')));
  for (const writer of writers) writer.stdin.end('go\n');
  expect((await Promise.all(exits)).map(([code]) => code as number)).toEqual([0, 0]);
  const all = state.runEvents.read(RUN, 0, 1_000_000);
  expect(all.map(({ number }) => number)).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
  expect(all.map(({ type }) => type).indexOf('run-started', 1)).toBe(-1);
  const inOrder = Array.from({ length: 500 }, (_, index) => index + 1);
  expect([orderOf(state, 'one'), orderOf(state, 'two')]).toEqual([inOrder, inOrder]);
});

test('of a writer that is killed there is a beginning without gaps', async () => {
  const folder = temporaryFolder();
  const state = openedState(folder);
  state.ledger.runStarted(aPlan(RUN, [anInstance('i-1')]));
  const writer = startProgram(compile('append-events', temporaryFolder()), [folder, RUN, 'one', '1000000']);
  await once(writer.stdout, 'data');
  writer.stdin.end('go\n');
  await waitFor('events', () => state.runEvents.read(RUN, 0, 100).length === 100, 15_000);
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const order = orderOf(state, 'one');
  expect(order.length % 7).toBe(0);
  expect(order).toEqual(Array.from({ length: order.length }, (_, index) => index + 1));
  expect(state.runEvents.heads([RUN])).toEqual([
    { runId: RUN, last: order.length + 1, isClosed: false, finishedAt: null },
  ]);
});

test('heads are told of any number of runs', () => {
  const state = openedState(temporaryFolder());
  const ids = Array.from({ length: 300 }, (_, index) => `r${String(index).padStart(3, '0')}`);
  for (const id of ids) state.ledger.runStarted(aPlan(id, [anInstance('i-1')]));
  for (const count of [0, 1, 2, 16, 17, 300]) {
    const heads = state.runEvents.heads([...ids.slice(0, count), 'nobody-knows-it']);
    expect(heads.map(({ runId }) => runId).sort()).toEqual(ids.slice(0, count));
  }
});
