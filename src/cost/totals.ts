import type { Costs } from './estimate.js';
import { type DeviceRates, type HostRates, secondsOf } from './rates.js';
import { joined, type Work } from './work.js';

/** The least and the most; null: nothing bounds it. A type, not an interface, so that it is JSON. */
export type Range = { readonly least: number; readonly most: number | null };

/** What a group of steps takes, or all of them. */
export type Total = {
  readonly steps: number;
  /** Operations on the device and on the host. */
  readonly flop: Range;
  /** Bytes. */
  readonly fetch: Range;
  readonly disk: Range;
  /** The most that one step holds. */
  readonly hostMemory: Range;
  readonly deviceMemory: Range;
  /** Time that steps take one after the other; downloads and judges' servers take more. */
  readonly seconds: Range;
  readonly judgeRequests: Range;
  readonly judgeTokens: Range;
};

/** Rates at either end: the faster ones make the least. */
export interface RateRange {
  readonly least: DeviceRates;
  readonly most: DeviceRates;
}

export interface Totals {
  readonly groups: ReadonlyMap<string, Total>;
  readonly all: Total;
  /** Seconds by step. */
  readonly seconds: ReadonlyMap<string, Range>;
}

/** Adds up what steps take, by group and in all. @param shared whether device memory is the host's */
export function totalsOf({ steps }: Pick<Costs, 'steps'>, rates: RateRange, host: HostRates, shared: boolean): Totals {
  const seconds = new Map<string, Range>();
  const groups = new Map<string, Sums>();
  const all = new Sums(shared);
  for (const { step, least, most } of steps) {
    const range = { least: secondsOf(least, rates.least, host), most: secondsOf(most, rates.most, host) };
    seconds.set(step.id, bounded(range.least, range.most));
    const group = groups.get(step.group) ?? new Sums(shared);
    groups.set(step.group, group);
    for (const sums of [group, all]) sums.add(least, most, range);
  }
  // The runner starts, and the worker with its device.
  if (steps.length > 0) all.wait(2 * rates.least.startSeconds, 2 * rates.most.startSeconds);
  return { groups: new Map([...groups].map(([name, sums]) => [name, sums.total()])), all: all.total(), seconds };
}

class Sums {
  readonly #shared: boolean;
  #steps = 0;
  readonly #least = new Map<keyof Total, number>();
  readonly #most = new Map<keyof Total, number>();

  constructor(shared: boolean) {
    this.#shared = shared;
  }

  add(least: Work, most: Work, seconds: { readonly least: number; readonly most: number }): void {
    this.#steps++;
    this.#addEnd(this.#least, least, seconds.least);
    this.#addEnd(this.#most, most, seconds.most);
  }

  wait(least: number, most: number): void {
    this.#plus(this.#least, 'seconds', least);
    this.#plus(this.#most, 'seconds', most);
  }

  total(): Total {
    const of = (name: keyof Total) => bounded(this.#least.get(name) ?? 0, this.#most.get(name) ?? 0);
    return {
      steps: this.#steps,
      flop: of('flop'),
      fetch: of('fetch'),
      disk: of('disk'),
      hostMemory: of('hostMemory'),
      deviceMemory: of('deviceMemory'),
      seconds: of('seconds'),
      judgeRequests: of('judgeRequests'),
      judgeTokens: of('judgeTokens'),
    };
  }

  #addEnd(end: Map<keyof Total, number>, work: Work, seconds: number): void {
    this.#plus(end, 'flop', flopOf(work));
    this.#plus(end, 'fetch', work.fetched);
    this.#plus(end, 'disk', work.stored);
    this.#plus(end, 'seconds', seconds);
    this.#plus(end, 'judgeRequests', work.requests);
    this.#plus(end, 'judgeTokens', work.judgeTokens);
    this.#largest(end, 'hostMemory', work.hostMemory + (this.#shared ? work.deviceMemory : 0));
    this.#largest(end, 'deviceMemory', work.deviceMemory);
  }

  #plus(end: Map<keyof Total, number>, name: keyof Total, value: number): void {
    end.set(name, (end.get(name) ?? 0) + value);
  }

  #largest(end: Map<keyof Total, number>, name: keyof Total, value: number): void {
    end.set(name, Math.max(end.get(name) ?? 0, value));
  }
}

/** Operations on the device and on the host. */
export function flopOf({ phases, host }: Work): number {
  return joined(phases).flop + host.productFlop + 9 * host.eigenCubes;
}

/** JSON has no infinity. */
export function bounded(least: number, most: number): Range {
  return { least, most: Number.isFinite(most) ? most : null };
}
