import type { Definition } from './definition.js';

/** What a workflow expects to find; src/eval/claims.ts says what each kind means. */
export type Claim = Definition &
  (
    | { readonly kind: 'linear-energy'; readonly sweep: string; readonly tolerance: number }
    | {
        readonly kind: 'stronger-than-random';
        readonly sweep: string;
        readonly metric: string;
        readonly subspace: string;
        /** Random subspaces. */
        readonly than: readonly string[];
      }
    | {
        readonly kind: 'falling-together';
        readonly sweep: string;
        readonly metrics: readonly [string, string];
        readonly tolerance: number;
      }
    | { readonly kind: 'above-baseline'; readonly metric: string }
    | {
        readonly kind: 'highest-pair';
        readonly metric: string;
        /** As the metric writes it. */
        readonly pair: readonly [string, string];
      }
  );
