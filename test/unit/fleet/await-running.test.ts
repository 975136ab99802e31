import { describe, expect, test } from 'vitest';
import { type Arrivals, awaitRunning } from '../../../src/fleet/await-running.ts';
import type { CloudInstance } from '../../../src/inventory/cloud.ts';
import type { State } from '../../../src/state/state.ts';
import { anInstance } from '../../state/records.ts';
import { openedState, temporaryFolder } from '../../state/support.ts';
import { aCloudInstance, MemoryCloud } from './memory-cloud.ts';

const PENDING = { state: 'pending', publicIp: null, privateIp: null } as const;

/** A cloud in which something happens between two looks. */
class Scene {
  readonly state: State = openedState(temporaryFolder());
  readonly cloud = new MemoryCloud();
  readonly told: string[] = [];
  /** what is there at each look, from the first one on; then it stays */
  readonly #looks: readonly (readonly CloudInstance[])[];

  constructor(...looks: readonly (readonly CloudInstance[])[]) {
    this.#looks = looks;
    const describe = this.cloud.describe.bind(this.cloud);
    this.cloud.describe = (...words) => {
      this.cloud.put(...(this.#looks[this.cloud.calls.length] ?? []));
      return describe(...words);
    };
  }

  wait(ids: readonly string[], timeoutMs = 5000, signal = new AbortController().signal): Promise<Arrivals> {
    return awaitRunning(
      ids.map((instanceId) => ({ instanceId, region: 'us-east-1' })),
      {
        cloud: this.cloud,
        state: this.state,
        emit: (event) => {
          if ('instance' in event) this.told.push(`${event.type} ${event.instance.instanceId}`);
        },
        clock: { now: () => Date.now() },
        random: () => 0,
        timeoutMs,
        signal,
      },
    );
  }
}

function idsOf({ running, ended, pending }: Arrivals): string {
  const ids = (list: Arrivals['running']): string => list.map(({ instanceId }) => instanceId).join(',');
  return `${ids(running)} | ${ids(ended)} | ${pending.join(',')}`;
}

describe('new instances are waited for', () => {
  test('until each runs and has an address, also one that EC2 does not know at first', async () => {
    const scene = new Scene(
      [aCloudInstance('i-1', PENDING)],
      [aCloudInstance('i-1', { publicIp: null, privateIp: null }), aCloudInstance('i-2')],
      [aCloudInstance('i-1')],
    );
    expect(idsOf(await scene.wait(['i-1', 'i-2']))).toBe('i-1,i-2 |  | ');
    expect(scene.told).toEqual(['running i-2', 'running i-1']);
    expect(scene.state.instances.list().map(({ instanceId, state }) => `${instanceId} ${state}`)).toEqual([
      'i-1 running',
      'i-2 running',
    ]);
  });

  test('and what was known of them stays', async () => {
    const scene = new Scene([aCloudInstance('i-1')]);
    scene.state.instances.add([
      anInstance('i-1', {
        source: 'ec2',
        state: 'pending',
        publicIp: null,
        sshUser: 'ubuntu',
        createdAt: '2026-07-01',
      }),
    ]);
    await scene.wait(['i-1']);
    expect(scene.state.instances.find('i-1')).toMatchObject({
      state: 'running',
      publicIp: '203.0.113.1',
      sshUser: 'ubuntu',
      createdAt: '2026-07-01',
    });
  });

  test('not beyond their end, whose reason is kept', async () => {
    const ended = aCloudInstance('i-1', { state: 'terminated', reason: 'Server.InternalError: on launch' });
    const scene = new Scene([aCloudInstance('i-1', PENDING), aCloudInstance('i-2')], [ended]);
    scene.state.instances.add([anInstance('i-1', { source: 'ec2', state: 'pending' })]);
    expect(idsOf(await scene.wait(['i-1', 'i-2']))).toBe('i-2 | i-1 | ');
    expect(scene.state.instances.find('i-1')?.stateReason).toBe('Server.InternalError: on launch');
  });

  test('not where they have long been forgotten by EC2', async () => {
    const scene = new Scene([aCloudInstance('i-2')]);
    scene.state.instances.add([
      anInstance('i-1', { source: 'ec2', state: 'running', createdAt: '2026-07-01T12:00:00Z' }),
    ]);
    expect(idsOf(await scene.wait(['i-1', 'i-2']))).toBe('i-2 | i-1 | ');
    expect(scene.state.instances.find('i-1')).toMatchObject({ state: 'terminated', publicIp: null });
  });

  test('no longer than is said', async () => {
    const scene = new Scene([aCloudInstance('i-1', PENDING), aCloudInstance('i-2')]);
    expect(idsOf(await scene.wait(['i-1', 'i-2'], 300))).toBe('i-2 |  | i-1');
  });

  test('until somebody says stop', async () => {
    const stop = new AbortController();
    const waiting = new Scene([aCloudInstance('i-1', PENDING)]).wait(['i-1'], 5000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
  });
});
