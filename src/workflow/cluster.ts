import type { SourceRange } from '../diagnostics/diagnostic.js';
import { parseBytes } from '../formats/byte-size.js';
import type { Scope } from './scope.js';

/** What one runner of a workflow gets of a cluster. Says where a run is carried out, and never what: it is in no key. */
export interface ClusterResources {
  readonly partition?: string;
  readonly account?: string;
  /** Time limit, seconds. */
  readonly time?: number;
  readonly gpus?: number;
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Hosts to leave out: names, or ranges as Slurm writes them (`node[01-04]`). */
  readonly exclude?: readonly string[];
}

/** The section `cluster`. */
export interface Cluster {
  /** Runners to start; absent: whoever runs the workflow says. */
  readonly jobs?: number;
  readonly resources: ClusterResources;
  /** Place where it was written. */
  readonly range: SourceRange;
}

export interface RawCluster extends Omit<ClusterResources, 'time' | 'memory'> {
  readonly jobs?: number;
  readonly time?: number | string;
  readonly memory?: string;
}

/** What the workflow asks of a cluster; undefined when it says nothing. */
export function resolveCluster(scope: Scope, raw: RawCluster | undefined): Cluster | undefined {
  if (raw === undefined) return undefined;
  const { jobs, time, memory, ...names } = raw;
  const seconds = time === undefined ? undefined : limitSeconds(time);
  if (time !== undefined && (seconds === undefined || seconds === 0 || seconds > longestSeconds)) {
    const message = `cluster.time cannot be ${JSON.stringify(time)}: it is no time between a second and a year`;
    scope.refuse(
      ['cluster', 'time'],
      'invalid-value',
      message,
      'For example: 90 (minutes), 12:00:00, 2-00:00:00, 12h.',
    );
  }
  const bytes = memory === undefined ? undefined : parseBytes(memory);
  return {
    ...(jobs !== undefined && { jobs }),
    resources: {
      ...names,
      ...(seconds !== undefined && { time: seconds }),
      ...(bytes !== undefined && { memory: bytes }),
    },
    range: scope.range(['cluster']),
  };
}

const longestSeconds = 366 * 86_400;
const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };

/**
 * Seconds of a time limit as Slurm writes it, or with a unit: `90` (minutes), `30:00`, `12:00:00`, `2-00`, `2-00:00`,
 * `2-00:00:00`, `12h`, `90m`, `2d`. Undefined of any other text.
 */
export function limitSeconds(limit: number | string): number | undefined {
  const text = String(limit);
  const [, amount, unit] = /^(\d+)([mhd]?)$/.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * unitSeconds[unit === '' ? 'm' : unit!]!;
  const [, days, clock] = /^(?:(\d+)-)?(\d+(?::\d{1,2}){0,2})$/.exec(text) ?? [];
  if (clock === undefined) return undefined;
  const parts = clock.split(':').map(Number);
  if (parts.slice(1).some((part) => part > 59)) return undefined;
  // Behind days the first number is of hours; without days the last one is of seconds.
  const [hours = 0, minutes = 0, seconds = 0] = days !== undefined || parts.length === 3 ? parts : [0, ...parts];
  return Number(days ?? 0) * 86_400 + hours * 3600 + minutes * 60 + seconds;
}
