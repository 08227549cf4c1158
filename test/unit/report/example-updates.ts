import { angleColumns } from '../../../src/report/tables/angles.js';
import { ckaColumns } from '../../../src/report/tables/cka.js';
import { cosineColumns } from '../../../src/report/tables/cosine.js';
import { writeTable } from '../../../src/report/tables/csv.js';
import { spectrumColumns } from '../../../src/report/tables/spectrum.js';
import type { Noise } from './example-behaviour.js';

/** Directions of a matrix of the example; its vectors have one. */
const most = 64;
const directionsOf = (tensor: string) => (tensor.includes('norm') ? 1 : most);

/** Effective ranks of updates: of each whole and of its tensors. */
export function spectrumCsv(updates: readonly string[], tensors: readonly string[], noise: Noise): string {
  const rows = updates.flatMap((update) =>
    ['', ...tensors].map((tensor) => {
      const rank = tensor === '' ? tensors.reduce((sum, name) => sum + directionsOf(name), 0) : directionsOf(tensor);
      const share = 0.6 + 0.4 * noise('spectrum', update, tensor);
      const [effective, stable] = [Math.max(1, rank * share), Math.max(1, rank * share ** 3)];
      return {
        update,
        tensor,
        rank,
        rank_max: rank,
        effective_rank: effective,
        stable_rank: stable,
        participation_ratio: (effective + stable) / 2,
        frobenius_norm: 2,
        spectral_norm: 2 / Math.sqrt(stable),
      };
    }),
  );
  return writeTable(spectrumColumns, rows);
}

/** Cosines of pairs of updates: of both whole and tensor by tensor. */
export function cosineCsv(pairs: readonly string[], tensors: readonly string[], noise: Noise): string {
  const rows = pairs.flatMap((pair) =>
    ['', ...tensors].map((tensor) => {
      const cosine = 0.6 * noise('cosine', pair, tensor);
      const counted = { changed_by_both: 4000, elements: 4096, norm_a: 1, norm_b: 2 };
      return { pair, tensor, cosine, sign_agreement: 0.5 + cosine / 3, ...counted };
    }),
  );
  return writeTable(cosineColumns, rows);
}

/** Principal angles of pairs at some energies, tensor by tensor. */
export function anglesCsv(
  pairs: readonly string[],
  tensors: readonly string[],
  energies: readonly number[],
  noise: Noise,
): string {
  const rows = pairs.flatMap((pair) =>
    tensors.flatMap((tensor) =>
      energies.map((energy) => {
        const k = Math.max(1, Math.round(directionsOf(tensor) * energy ** 2));
        const angle = Math.PI * (0.3 + 0.2 * noise('angles', pair, tensor));
        const cosine = Math.cos(angle);
        return {
          pair,
          tensor,
          energy,
          k_a: k,
          k_b: k,
          d: most,
          smallest: angle,
          largest: angle,
          mean_cos_squared: cosine ** 2,
          grassmann: angle * Math.sqrt(k),
          chordal: Math.sin(angle) * Math.sqrt(k),
        };
      }),
    ),
  );
  return writeTable(angleColumns, rows);
}

/** Likeness of the hidden states of two models on sets of prompts, layer by layer. */
export function ckaCsv(pairs: readonly string[], prompts: readonly string[], noise: Noise): string {
  const layers = Array.from({ length: 9 }, (_, layer) => layer);
  const rows = pairs.flatMap((pair) =>
    prompts.flatMap((set) =>
      layers.map((layer) => ({
        pair,
        prompts: set,
        layer,
        cka: 1 - 0.05 * layer * (1 + noise('cka', pair, set)),
        n: 200,
        d_a: 64,
        d_b: 64,
        metric: 'states',
        in_window: layer > 4 ? 1 : 0,
      })),
    ),
  );
  return writeTable(ckaColumns, rows);
}
