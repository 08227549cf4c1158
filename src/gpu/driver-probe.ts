/** Child process of `chooseDriver`: opens the candidate given as an argument and prints the adapter it got, as one line of JSON. */
import { activateDriver } from './activate-driver.js';
import { requestAdapter } from './adapter.js';
import type { Driver } from './probe-cache.js';

const candidate = JSON.parse(process.argv[2]!) as Omit<Driver, 'adapter'>;
try {
  activateDriver(candidate);
  const { adapter, description } = await requestAdapter(candidate.name);
  const device = await adapter.requestDevice();
  device.destroy();
  process.stdout.write(`${JSON.stringify({ adapter: description })}\n`, () => process.exit(0));
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`, () => process.exit(0));
}
