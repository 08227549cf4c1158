import type { Interval } from './mean-interval.js';
import { fewestUnits, medianInterval, medianOf } from './median-interval.js';

/**
 * Neighbouring layers of one unit: what is measured of one layer is much like what is measured of the next. With two, the
 * intervals hold their level where neighbours are correlated by .5 (test/bench/claims-coverage.ts).
 */
const layersABlock = 2;

/** What a claim about tensors or layers is decided by. */
export interface LayerUnits {
  /**
   * The first layers of all blocks, the second layers of all blocks, …: within a series no two are neighbours. A single
   * series where tensors belong to no layer.
   */
  readonly series: readonly (readonly number[])[];
  /** Units: blocks, or tensors. */
  readonly n: number;
  /** What `n` counts. */
  readonly counts: string;
}

/**
 * Units of numbers that were measured of tensors or of layers. The tensors of a layer are one number, their median: they
 * were trained on the same activations. Those outside the layers (embedding, final norm, head) are a layer together, before
 * the first. Where no name has the number of a layer, each is a unit of its own.
 *
 * @param measured by name: `model.layers.3.mlp.up_proj.weight`, or `3` alone
 */
export function layerUnits(measured: ReadonlyMap<string, number>): LayerUnits {
  const layers = new Map<number, number[]>();
  for (const [name, value] of measured) {
    const layer = Number(/(?:^|\.)(\d+)(?:\.|$)/.exec(name)?.[1] ?? -1);
    layers.set(layer, [...(layers.get(layer) ?? []), value]);
  }
  if ([...layers.keys()].every((layer) => layer < 0)) {
    return { series: [[...measured.values()]], n: measured.size, counts: 'tensors' };
  }
  const values = [...layers].sort(([a], [b]) => a - b).map(([, ofLayer]) => medianOf(ofLayer));
  const series = Array.from({ length: Math.min(layersABlock, values.length) }, (_, first) =>
    values.filter((_value, at) => at % layersABlock === first),
  );
  return { series, n: series.at(-1)!.length, counts: `blocks of ${layersABlock} neighbouring layers` };
}

/** The median over all layers, or tensors. */
export function medianOfUnits({ series }: LayerUnits): number {
  return medianOf(series.flat());
}

/** An interval that all series agree on: the lowest of their lower ends and the highest of their upper ends. */
export function intervalOfUnits({ series }: LayerUnits, tail: number): Interval {
  const intervals = series.map((values) => medianInterval(values, tail));
  if (intervals.some(({ low }) => low === null)) return { low: null, high: null };
  return { low: Math.min(...intervals.map(({ low }) => low!)), high: Math.max(...intervals.map(({ high }) => high!)) };
}

/** What the note of a case says of its units: what they are, and how many it takes where there are too few. */
export function unitsNote({ n, counts }: LayerUnits, tail: number): string {
  const needed = fewestUnits(tail);
  const said = `n counts ${counts}`;
  return n < needed ? `${said}: too few to decide, it takes ${needed}` : said;
}
