import type { RunEvent } from '../model/event.ts';

/** What a run begins with, what a script says, and how it all ends need more than names. */
export type PlainEvent = Exclude<RunEvent, { type: 'run-started' | 'output' | 'attempt-finished' | 'run-finished' }>;

/** What an event brings besides its type and time, by the names that other programs rely on. */
export function plainFields(event: PlainEvent): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'wave-started':
      return { wave: event.wave, waves: event.waves, instances: event.instances };
    case 'pause-started':
      return { wave: event.wave, waves: event.waves, ms: event.ms };
    case 'attempt-started':
      return { instance_id: event.instanceId };
    case 'step-started':
      return { instance_id: event.instanceId, step: event.step };
    case 'progress':
      return { instance_id: event.instanceId, step: event.step, bytes: event.bytes, total_bytes: event.totalBytes };
    case 'waiting':
      return { instance_id: event.instanceId, step: event.step, message: event.message };
    case 'interruption':
      return { instance_id: event.instanceId, action: event.notice.action, time: event.notice.at };
    case 'straggler':
      return {
        instance_id: event.instanceId,
        elapsed_ms: event.elapsedMs,
        median_ms: event.medianMs,
        action: event.action,
        last_line: event.lastLine,
        silent_ms: event.silentMs,
      };
    case 'notice':
      return { instance_id: event.instanceId, message: event.message };
  }
}
