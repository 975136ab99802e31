import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Says at the end which tests needed a second try and how many were skipped, and leaves the counts in a file for whoever
 * started the tests.
 */
export class TallyReporter implements Reporter {
  readonly #file: string | undefined;

  /** @param file gets one line, `N passed, N failed, N skipped` */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        if (test.diagnostic()?.flaky === true) process.stderr.write(describeFirstTry(module, test));
      }
    }
    const skipped = count.skipped + count.pending;
    if (skipped > 0) process.stderr.write(`\n!! Tests SKIPPED: ${skipped}. What they hold is not known here.\n`);
    if (this.#file === undefined) return;
    writeFileSync(this.#file, `${count.passed} passed, ${count.failed} failed, ${skipped} skipped\n`);
  }
}

function describeFirstTry(module: TestModule, test: TestCase): string {
  const why = test.result().errors?.map(({ message, stack = '' }) => {
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('node_modules'));
    return [message, ...frames].join('\n');
  });
  return `\n!! FAILED FIRST: ${[`${module.relativeModuleId} > ${test.fullName}`, ...(why ?? [])].join('\n')}\n`;
}
