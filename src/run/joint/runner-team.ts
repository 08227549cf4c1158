import type { Digest } from '../../formats/digest.js';
import { usesDevice, usesNetwork } from '../../steps/needs.js';
import type { Step } from '../../steps/step.js';
import type { SharedFailure, Team } from '../schedule/team.js';
import type { BegunRecord, JointRun } from './joint-run.js';
import type { JointMonitor } from './monitor.js';

/** What a runner can do. */
interface Abilities {
  /** It has a device of the class that keys are made for. */
  readonly device: boolean;
  readonly network: boolean;
  /** It takes no other steps than those that need the network. */
  readonly networkOnly: boolean;
}

export interface RunnerRole extends Abilities {
  /** A failure elsewhere does not stop it. */
  readonly keepGoing: boolean;
  readonly idleSeconds: number;
}

/** The other runners of a joint run, as the scheduler of one asks of them. */
export class RunnerTeam implements Team {
  readonly drain: AbortSignal;
  readonly idleMilliseconds: number;
  readonly #joint: JointRun;
  readonly #monitor: JointMonitor;
  readonly #role: RunnerRole;

  /** @param drain aborted when nothing more is to be started in this round */
  constructor(joint: JointRun, monitor: JointMonitor, role: RunnerRole, drain: AbortSignal) {
    this.#joint = joint;
    this.#monitor = monitor;
    this.#role = role;
    this.drain = drain;
    this.idleMilliseconds = role.idleSeconds * 1000;
  }

  takes(step: Step): boolean {
    return takesStep(this.#role, step);
  }

  othersTake(step: Step): boolean {
    return this.#monitor.others.some((begun) => takesStep(abilitiesOf(begun), step));
  }

  leaves(step: Step): boolean {
    if (!this.#role.device || usesDevice(step) || usesNetwork(step)) return false;
    return this.#monitor.others.some(({ device, networkOnly }) => device === null && networkOnly !== true);
  }

  refresh(): Promise<void> {
    return this.#joint.refreshSteps();
  }

  failureOf(key: Digest): SharedFailure | undefined {
    return this.#joint.failureOf(key);
  }

  async lost(key: Digest, loss: SharedFailure): Promise<number> {
    await this.#monitor.lookAtOthers();
    return this.#joint.addLoss(key, loss);
  }

  async failed(key: Digest, failure: SharedFailure): Promise<void> {
    await this.#joint.addFailure(key, failure);
    if (!this.#role.keepGoing) {
      await this.#joint.stopBecause({ why: 'failed', problem: `${failure.step}: ${failure.message}` });
    }
  }
}

function takesStep({ device, network, networkOnly }: Abilities, step: Step): boolean {
  if (usesDevice(step)) return device;
  return usesNetwork(step) ? network : !networkOnly;
}

function abilitiesOf({ device, network, networkOnly = false }: BegunRecord): Abilities {
  return { device: device !== null, network, networkOnly };
}
