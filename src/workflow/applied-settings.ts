import type { Json } from '../formats/json.js';
import type { Semantics } from './semantics.js';
import type { AppliedSettings } from './workflow.js';

/** @param own what the workflow says without the command line; `semantics` after `--set` */
export function appliedSettings(
  asked: {
    readonly profile?: string | undefined;
    readonly set?: readonly string[];
    readonly semantics?: Semantics | undefined;
  },
  own: { readonly profile: string | undefined; readonly semantics: Json | undefined },
): AppliedSettings {
  const { profile, set = [], semantics } = asked;
  return {
    ...(profile === undefined || profile === own.profile ? {} : { profile }),
    set: set.filter(
      (setting, index) => !saysWhere(setting) && !set.slice(index + 1).some((later) => replaces(later, setting)),
    ),
    ...(semantics === undefined || semantics === (own.semantics ?? 'paper') ? {} : { semantics }),
  };
}

/** Whether a later setting leaves nothing of an earlier one: it sets the same place or one above it. */
function replaces(later: string, earlier: string): boolean {
  const [above, below] = [placeOf(later), placeOf(earlier)];
  return below === above || below.startsWith(`${above}.`);
}

/** Whether a setting is of the section `cluster`, which changes no result. */
function saysWhere(setting: string): boolean {
  return placeOf(setting).split('.')[0] === 'cluster';
}

function placeOf(setting: string): string {
  return setting.slice(0, setting.indexOf('='));
}
