import type { Named } from '../definition.js';
import type { Scope } from '../scope.js';
import { aboveBaseline } from './above-baseline.js';
import type { Claim, ClaimOf, RawClaim, RawClaimOf } from './claim.js';
import { fallingTogether } from './falling-together.js';
import { highestPair } from './highest-pair.js';
import type { Claimed, ClaimKind } from './kind.js';
import { linearEnergy } from './linear-energy.js';
import { strongerThanRandom } from './stronger-than-random.js';

const claimKinds: { readonly [K in Claim['kind']]: ClaimKind<ClaimOf<K>, RawClaimOf<K>> } = {
  'linear-energy': linearEnergy,
  'stronger-than-random': strongerThanRandom,
  'falling-together': fallingTogether,
  'above-baseline': aboveBaseline,
  'highest-pair': highestPair,
};

/** Resolves claims, and refuses those that the workflow measures nothing for. */
export function resolveClaims(scope: Scope, raw: Named<RawClaim> | undefined, claimed: Claimed): Map<string, Claim> {
  return scope.section('claims', raw, (definition, claim, path): Claim => {
    // The registry says that a kind takes just such a claim.
    const kind = claimKinds[claim.kind] as unknown as ClaimKind<Claim, RawClaim>;
    return kind.resolve(scope, definition, claim, path, claimed);
  });
}
