import process from 'node:process';

/** Says that the program is loaded, and does the work once a line comes in: so that many begin at the same moment. */
export function whenTold(work: () => void | Promise<void>): void {
  process.stdin.once('data', () => {
    void Promise.resolve(work()).then(() => process.stdin.destroy());
  });
  process.stdout.write('ready\n');
}
