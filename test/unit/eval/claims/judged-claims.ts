import * as assert from 'uvu/assert';
import type { ClaimedBehaviour } from '../../../../src/eval/behaviour.js';
import type { JudgedClaim } from '../../../../src/eval/claims/claim.js';
import type { Evidence } from '../../../../src/eval/claims/kind.js';
import { judgeClaim } from '../../../../src/eval/claims/registry.js';
import type { Finding } from '../../../../src/eval/finding.js';
import { fillNormal } from '../../../../src/linalg/normal.js';
import { RandomStream } from '../../../../src/linalg/philox.js';
import { atOnce } from '../../../at-once.js';

/** What tests of claims share: they judge tables whose answer is known, because they were made to have it. */

const nothing: Evidence = { energy: [], tensorEnergy: [], overlap: [], behaviour: [] };
export const fractions = [0.1, 0.3, 0.5, 0.7, 0.9];

export function normals(count: number, name: string): Float64Array {
  const values = new Float64Array(count);
  fillNormal(new RandomStream(5, name), values);
  return values;
}

export function judge(claim: JudgedClaim, evidence: Partial<Evidence>): Finding[] {
  return atOnce(judgeClaim(claim, { ...nothing, ...evidence }));
}

export const verdicts = (findings: readonly Finding[]) =>
  findings.map(({ case: name, verdict }) => `${name ?? 'all'}: ${verdict}`);
export const close = (actual: number | null, expected: number, tolerance: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

export const sweep: ClaimedBehaviour = {
  updates: ['useful'],
  subspaces: ['top-k'],
  mode: 'parallel',
  side: 'right',
  fractions,
  ends: { useful: { from: 'aligned', to: 'useful' } },
};
