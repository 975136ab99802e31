import type { WorkerOptions } from '../commands/worker.ts';
import { EXAMPLES } from '../examples.ts';
import type { Registrar } from './registrar.ts';

/** `spot worker` */
export function registerWorker({ command, finish, io }: Registrar): void {
  command('worker', 'do what a service has taken on, until stopped; any number of them share its queue')
    .option('--concurrency <count>', 'deployments worked on at once (default: 50)')
    .addHelpText('after', EXAMPLES.worker)
    .action((options: WorkerOptions) =>
      finish(import('../commands/on-service.ts').then(({ worker }) => worker(options, io))),
    );
}
