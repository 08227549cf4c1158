import { EnvironmentError } from '../diagnostics/errors.js';

/** The device that a worker started now would get. */
export interface ExpectedDevice {
  readonly deviceClass: string;
  readonly description: string;
  /** Variables for the worker's environment, which make it load the driver that was found. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Finds out without opening a device in this process; remembered, so that a run with nothing to do costs no device.
 * @returns the reason when there is none: whether that matters depends on the steps
 */
export async function findDevice(environment: NodeJS.ProcessEnv): Promise<ExpectedDevice | EnvironmentError> {
  const { chooseDriver, workerEnvironment } = await import('../gpu/driver.js');
  try {
    const driver = await chooseDriver(environment);
    const { deviceClass, description } = driver.adapter;
    return { deviceClass, description, variables: workerEnvironment(driver) };
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
}
