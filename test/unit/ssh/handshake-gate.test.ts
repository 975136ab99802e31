import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HandshakeGate, type Place } from '../../../src/transport/ssh/handshake-gate.ts';

const NEVER = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Enters as often as `count` says; the places that were given at once. */
async function enterMany(gate: HandshakeGate, count: number): Promise<Place[]> {
  const places: Place[] = [];
  for (let i = 0; i < count; i += 1) void gate.enter(NEVER).then((place) => places.push(place));
  await vi.advanceTimersByTimeAsync(0);
  return places;
}

describe('the gate for handshakes', () => {
  test('lets 16 in at first, and the next one when one is through', async () => {
    const gate = new HandshakeGate();
    const places = await enterMany(gate, 20);
    expect(places).toHaveLength(16);
    places[0]?.leave('failed');
    await vi.advanceTimersByTimeAsync(0);
    expect(places).toHaveLength(17);
    for (const place of [...places]) place.leave('failed');
    await vi.advanceTimersByTimeAsync(0);
    for (const place of places) place.leave('failed');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('allows one more for each that succeeds', async () => {
    const gate = new HandshakeGate();
    for (const place of await enterMany(gate, 16)) place.leave('done');
    expect(gate.limit).toBe(32);
    expect(await enterMany(gate, 40)).toHaveLength(32);
  });

  test('halves once when many hosts hang up at the same time, and then grows by one a round', async () => {
    const gate = new HandshakeGate();
    for (const place of await enterMany(gate, 16)) place.leave('overload');
    expect(gate.limit).toBe(8);
    for (const place of await enterMany(gate, 8)) place.leave('done');
    expect(gate.limit).toBe(8);
    for (const place of await enterMany(gate, 2)) place.leave('done');
    expect(gate.limit).toBe(9);
  });

  test('never closes', async () => {
    const gate = new HandshakeGate();
    for (let round = 0; round < 20; round += 1) for (const place of await enterMany(gate, 1)) place.leave('overload');
    expect(gate.limit).toBe(1);
    expect(await enterMany(gate, 2)).toHaveLength(1);
  });

  test('gives the place of a silent host to another after a second', async () => {
    const gate = new HandshakeGate();
    const places = await enterMany(gate, 20);
    await vi.advanceTimersByTimeAsync(999);
    expect(places).toHaveLength(16);
    await vi.advanceTimersByTimeAsync(1);
    expect(places).toHaveLength(20);
    for (const place of places) place.leave('failed');
    expect(await enterMany(gate, 20)).toHaveLength(16);
  });

  test('does not keep whoever gives up waiting', async () => {
    const gate = new HandshakeGate();
    const places = await enterMany(gate, 16);
    const giveUp = new AbortController();
    const waiting = gate.enter(giveUp.signal);
    giveUp.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    await expect(gate.enter(giveUp.signal)).rejects.toThrow('cancelled');
    places[0]?.leave('failed');
    expect(await enterMany(gate, 1)).toHaveLength(1);
  });
});
