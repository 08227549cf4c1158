import { EnvironmentError } from '../diagnostics/errors.js';
import { stepContracts } from '../steps/contracts.js';
import { type ExpectedDevice, findDevice } from './device.js';
import { defaultWorkerLimits, type Executor, OtherDeviceError } from './executors/executor.js';
import { executors } from './executors/registry.js';
import type { RunOptions } from './run-options.js';

/** The device that the keys of a run are made for, and the executor that has it once there is something to do. */
export class RunDevice {
  readonly #options: RunOptions;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #wrapped: (executor: Executor) => Executor;
  #device: ExpectedDevice | EnvironmentError | undefined;
  #executor: Executor | undefined;

  /** @param wrapped what steps are given to, around the executor of the options */
  constructor(options: RunOptions, environment: NodeJS.ProcessEnv, wrapped: (executor: Executor) => Executor) {
    this.#options = options;
    this.#environment = environment;
    this.#wrapped = wrapped;
  }

  /** Finds the device: that of the joint run, else the one of this machine. Before it nothing else may be asked. */
  async find(): Promise<void> {
    const { part } = this.#options;
    this.#device = part === undefined ? await findDevice(this.#environment) : await part.device();
  }

  /** Its class, or why there is none. */
  get deviceClass(): string | EnvironmentError {
    const device = this.#device!;
    return device instanceof EnvironmentError ? device : device.deviceClass;
  }

  /** What is told of it; null when there is none, or it is not found yet. */
  get found(): { readonly deviceClass: string; readonly description: string } | null {
    if (this.#device === undefined || this.#device instanceof EnvironmentError) return null;
    const { deviceClass, description } = this.#device;
    return { deviceClass, description };
  }

  /** The executor, which is started when it is first asked for. */
  executor(deviceClass: string): Executor {
    this.#executor ??= this.#newExecutor(deviceClass);
    return this.#executor;
  }

  #newExecutor(deviceClass: string): Executor {
    const { events, executor = 'local', limits = defaultWorkerLimits } = this.#options;
    const environment = this.#device instanceof EnvironmentError ? {} : this.#device!.variables;
    return this.#wrapped(
      executors[executor]({ declarations: stepContracts, events, deviceClass, environment, limits }),
    );
  }

  /** @returns whether a joint run has got a class of device since it was planned: keys are made for that one from now on */
  async useNamed(): Promise<boolean> {
    const named = this.#options.part?.namedDevice?.();
    if (named === undefined) return false;
    await this.close();
    this.#device = named;
    return true;
  }

  /**
   * Keys were made for another device than the worker has: they are made for that one from now on.
   * @throws OtherDeviceError in a joint run, whose keys are made for one class
   */
  async useOther(deviceClass: string): Promise<void> {
    const expected = this.#device as ExpectedDevice;
    if (this.#options.part !== undefined) throw new OtherDeviceError(expected.deviceClass, deviceClass);
    const message = `the device is ${deviceClass}, not ${expected.deviceClass}: the plan is made anew for it`;
    this.#options.events.publish({ type: 'warning', message });
    await this.close();
    this.#device = { ...expected, deviceClass };
  }

  /** Ends at once what the executor does. */
  kill(): void {
    this.#executor?.kill();
  }

  async close(): Promise<void> {
    await this.#executor?.close();
    this.#executor = undefined;
  }
}
