import { onTestFinished } from 'vitest';
import { type Endpoint, type FaultPlan, NO_FAULT, Proxy } from './tcp-proxy.ts';

export * from './tcp-proxy.ts';

/** A TCP link to a host that breaks where it is told to; it is gone when the test is over. */
export async function startProxy(host: Endpoint, faults: FaultPlan = NO_FAULT): Promise<Proxy> {
  const proxy = new Proxy(host, faults);
  onTestFinished(() => proxy.close());
  await proxy.listen();
  return proxy;
}
