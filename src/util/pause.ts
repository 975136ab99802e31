/** Waits for some time, ms, or until one of the signals is aborted. */
export function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signals.some(({ aborted }) => aborted)) end();
    else for (const signal of signals) signal.addEventListener('abort', end);
  });
}
