import { basename } from 'node:path';
import type { Result } from '../diagnostics/diagnostic.js';
import { printableLine } from '../diagnostics/printable.js';
import { resolveClaims } from './claims/registry.js';
import { resolveCluster } from './cluster.js';
import { checkDatasetCycles, resolveDatasets } from './datasets/registry.js';
import { type MapNode, toPlain } from './document.js';
import { checkFileNames } from './file-names.js';
import { resolveMetrics } from './metrics/registry.js';
import { checkModelCycles, resolveModels } from './models/registry.js';
import { checkTrainingSeeds } from './models/training-seeds.js';
import type { RawWorkflow } from './raw.js';
import { resolveRecipes } from './recipes.js';
import { resolveReport } from './resolve-report.js';
import { Scope } from './scope.js';
import type { Semantics } from './semantics.js';
import { resolveSteps } from './steps.js';
import { resolveSubspaces } from './subspaces/registry.js';
import { resolveSweeps } from './sweeps/registry.js';
import { resolveUpdates } from './updates.js';
import type { Workflow } from './workflow.js';

/**
 * From a document that the schema admits to a workflow: defaults filled in, names checked, paths absolute.
 * `sound` may lack definitions of `root` that break the schema: their names are known all the same.
 * `file` is absolute; `semanticsAsked` wins over what the document says.
 */
export function resolveWorkflow(
  root: MapNode,
  sound: MapNode,
  file: string,
  semanticsAsked: Semantics | undefined,
): Result<Workflow> {
  const raw = toPlain(sound) as RawWorkflow;
  const scope = new Scope(root);
  const name = workflowName(scope, raw.name, file);
  const seed = raw.seed ?? 0;
  const semantics = semanticsAsked ?? raw.semantics ?? 'paper';
  const subspaces = resolveSubspaces(scope, raw.subspaces, { seed, semantics });
  const models = resolveModels(scope, raw.models, { seed, semantics, subspaces });
  checkTrainingSeeds(scope, models);
  const datasets = resolveDatasets(scope, raw.datasets, { seed, semantics });
  const recipes = resolveRecipes(scope, raw.recipes);
  const updates = resolveUpdates(scope, raw.updates);
  if (scope.problems.length === 0) {
    checkModelCycles(scope, models, updates, subspaces);
    checkDatasetCycles(scope, datasets);
  }
  const metrics = resolveMetrics(scope, raw.metrics, { seed, semantics, subspaces });
  const sweeps = resolveSweeps(scope, raw.sweeps, { semantics, models, metrics, subspaces });
  const claims = resolveClaims(scope, raw.claims, { sweeps, subspaces, metrics });
  const steps = resolveSteps(scope, raw.steps);
  const measured = { models, datasets, recipes, updates, subspaces, sweeps, metrics, claims, steps };
  const report = resolveReport(scope, raw, name, measured);
  const cluster = resolveCluster(scope, raw.cluster);
  checkFileNames(scope, { metrics, sweeps, report });
  if (scope.problems.length > 0) return { ok: false, diagnostics: scope.problems };
  return {
    ok: true,
    value: { file, name, seed, semantics, ...measured, report, ...(cluster && { cluster }) },
    warnings: scope.warnings,
  };
}

/**
 * The name, which names the folder of results: what the workflow says, or else its file's name without the ending. Of a
 * file called `...yaml` that would be the folder above.
 */
function workflowName(scope: Scope, given: string | undefined, file: string): string {
  const name = given ?? basename(file).replace(/\.ya?ml$/, '');
  const why =
    name === ''
      ? 'is empty'
      : /^\.|[. ]$/.test(name)
        ? 'begins with a dot, or ends with a dot or a space'
        : printableLine(name) !== name
          ? 'holds characters that cannot be printed'
          : /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name)
            ? 'is a reserved name on some systems'
            : undefined;
  if (why === undefined) return name;
  const message = `the workflow's name "${name}"${given === undefined ? ', that of its file,' : ''} ${why}: no folder of results can be called so`;
  scope.refuse(
    given === undefined ? [] : ['name'],
    'invalid-name',
    message,
    'Give another, for example: name: my-study',
  );
  return name;
}
