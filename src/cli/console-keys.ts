import type { Config } from '../config/config.ts';
import type { Cloud } from '../inventory/cloud.ts';
import { messageOf, SpotError } from '../model/errors.ts';
import { EC2_SOURCE } from '../model/instance.ts';
import { ExitCode } from '../model/exit-code.ts';
import type { State } from '../state/state.ts';
import { type ConsoleKey, readConsoleKeys } from '../transport/ssh/console-keys.ts';
import type { ExpectedKeys, KeySource } from '../transport/ssh/key-source.ts';
import { openCloud } from './cloud.ts';
import type { Io } from './io.ts';

/** The host keys of instances from EC2, as their consoles show them. Nothing of AWS is loaded before one is asked for. */
export function consoleKeys(config: Config, state: State, io: Io): KeySource {
  return new ConsoleKeys(config, state, io);
}

class ConsoleKeys implements KeySource {
  readonly #config: Config;
  readonly #state: State;
  readonly #io: Io;
  /** by instance id: a console that has shown keys is not read again */
  readonly #known = new Map<string, readonly ConsoleKey[]>();
  #cloud: Promise<Cloud> | null = null;
  /** AWS does not allow it, or nobody can be asked: so it stays */
  #refusal: ExpectedKeys | null = null;

  constructor(config: Config, state: State, io: Io) {
    this.#config = config;
    this.#state = state;
    this.#io = io;
  }

  async expected(instanceId: string): Promise<ExpectedKeys> {
    try {
      return await this.#ask(instanceId);
    } catch (error) {
      const mayPass = !(error instanceof SpotError && error.exitCode === ExitCode.config);
      const failed: ExpectedKeys = { kind: 'failed', reason: messageOf(error), mayPass };
      if (!mayPass) this.#refusal = failed;
      return failed;
    }
  }

  close(): void {
    void this.#cloud?.then(
      (cloud) => cloud.close(),
      () => undefined,
    );
    this.#cloud = null;
  }

  async #ask(instanceId: string): Promise<ExpectedKeys> {
    const instance = this.#state.instances.find(instanceId);
    if (instance?.source !== EC2_SOURCE || instance.region === null) return { kind: 'no-source' };
    if (this.#refusal !== null) return this.#refusal;
    const known = this.#known.get(instanceId);
    if (known !== undefined) return { kind: 'keys', keys: known };
    this.#cloud ??= openCloud(this.#config, this.#io);
    const output = await (await this.#cloud).consoleOutput(instance.region, instanceId);
    const keys = readConsoleKeys(output ?? '');
    if (keys.length === 0) return { kind: 'nothing-yet' };
    this.#known.set(instanceId, keys);
    return { kind: 'keys', keys };
  }
}
