import { readFileSync } from 'node:fs';
import type { RunEvent } from '../../src/run/events.js';
import { EventLogReader } from '../../src/run/joint/event-log.js';
import { type BegunRecord, eventsFile, JointRun, placeNames, type RunnerPlace } from '../../src/run/joint/joint-run.js';
import { Store } from '../../src/store/store.js';
import type { Ended, Sandbox, Started } from '../sandbox.js';
import type { LabNode, SlurmLab } from './lab.js';

/** A hurry that a busy machine with two cores can keep up with. */
const timing = {
  tickSeconds: 0.2,
  pollSeconds: 1,
  lostSeconds: 5,
  idleSeconds: 60,
  leadSeconds: 50,
  graceSeconds: 20,
  silenceSeconds: 8,
  mostLost: 5,
};

export interface DrillOptions {
  readonly file?: string;
  readonly jobs?: number;
  /** Further arguments of runflow run. */
  readonly argv?: readonly string[];
  readonly timing?: Partial<typeof timing>;
}

/** One run by runners on the nodes of a lab, in a store of its own. */
export class Drill {
  readonly name: string;
  readonly #lab: SlurmLab;
  readonly #box: Sandbox;

  constructor(lab: SlurmLab, sandbox: Sandbox, name: string, store = sandbox.path(`${name}-store`)) {
    this.name = name;
    this.#lab = lab;
    this.#box = sandbox.withStore(store);
  }

  /** Starts the command that submits and follows, or attaches. */
  start({ file = 'drill.yaml', jobs = 2, argv = [], timing: changed = {} }: DrillOptions = {}): Started {
    const hurry = JSON.stringify({ ...timing, ...changed });
    const where = ['--executor', 'slurm', '--jobs', `${jobs}`, '--timing', hurry, '--out', this.name];
    return this.#box.start(['run', file, ...where, '--json', ...argv], this.#lab.environment);
  }

  /** The joint run that was begun last. */
  joint(): JointRun {
    const store = Store.open(this.#box.store);
    return new JointRun(store, store.runs.list().find(({ joint }) => joint)!.id);
  }

  /** The runner that trains, and its node. Throws when none has begun to. */
  trainer(): { readonly place: RunnerPlace; readonly begun: BegunRecord; readonly node: LabNode } {
    const joint = this.joint();
    const place = joint.places().findLast((each) => this.#trains(joint, each));
    const begun = place === undefined ? undefined : joint.begun(place);
    const node = this.#lab.nodes.find(({ name }) => name === begun?.host);
    if (place === undefined || begun === undefined || node === undefined) throw new Error('nobody trains');
    return { place, begun, node };
  }

  #trains(joint: JointRun, place: RunnerPlace): boolean {
    const told = [...new EventLogReader(joint.folder, [...placeNames(place), eventsFile]).read()];
    return told.some(({ event }) => event.type === 'step-started' && event.step === trainingStep);
  }

  /** Hosts where runners began. */
  hosts(): { readonly host: string; readonly identity: string }[] {
    const joint = this.joint();
    return joint.places().flatMap((place) => {
      const begun = joint.begun(place);
      return begun === undefined ? [] : [{ host: begun.host, identity: begun.owner.host }];
    });
  }

  /** When runners began by the clocks of their hosts, milliseconds since 1970. */
  starts(): number[] {
    const joint = this.joint();
    return joint.places().flatMap((place) => Date.parse(joint.begun(place)?.started ?? '') || []);
  }

  /** What Slurm calls the jobs of an attempt. */
  jobName(attempt: number): string {
    return this.joint().intent(attempt)!.jobName;
  }

  result(file: string): Buffer {
    return readFileSync(this.#box.path(this.name, file));
  }

  /** The model that was trained, as the store has it. */
  async trained(): Promise<Buffer> {
    const folder = `${this.name}-model`;
    const { status, stderr } = await this.#box.runflow(['export', 'drill.yaml', 'trained', '--to', folder]);
    if (status !== 0) throw new Error(stderr);
    return readFileSync(this.#box.path(folder, 'model.safetensors'));
  }
}

const trainingStep = 'train[trained]';

/** Whether an event tells that so many optimizer steps are done. */
export function hasTrained(done: number): (event: RunEvent) => boolean {
  return (event) => event.type === 'step-progress' && event.step === trainingStep && event.done >= done;
}

/** Steps that were done, in their order, by whichever runner. */
export function doneSteps({ events }: Ended): string[] {
  return events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : []));
}

/** The optimizer steps behind which training went on from a saved state. */
export function resumptions({ events }: Ended): number[] {
  return events.flatMap((event) => {
    const line = event.type === 'step-log' ? event.line : '';
    const behind = /^going on from the state .*behind step (\d+)/.exec(line)?.[1];
    return behind === undefined ? [] : [Number(behind)];
  });
}
