import type { Definition } from '../definition.js';
import type { TableKind } from './kind.js';

/** How many directions updates have, by their singular values. */
export interface SpectrumMetric extends Definition {
  readonly kind: 'spectrum';
  /** Updates. */
  readonly of: readonly string[];
}

export interface RawSpectrum {
  readonly kind: 'spectrum';
  readonly of: string | readonly string[];
}

export const spectrum: TableKind<SpectrumMetric, RawSpectrum> = {
  behaviour: false,
  parts: ['spectrum'],
  resolve: (scope, definition, raw, path) => ({
    ...definition,
    kind: 'spectrum',
    of: scope.references('updates', raw.of, [...path, 'of']),
  }),
  uses: ({ of }) => ({ updates: of }),
};
