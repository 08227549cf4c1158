import type { StepKind } from '../steps/contracts.js';
import type { CostedStep, CostOf, StepCost } from './costed-step.js';
import { activationBasis } from './steps/activation-basis.js';
import { activations } from './steps/activations.js';
import { choiceLikelihoods } from './steps/choice-likelihoods.js';
import { cka } from './steps/cka.js';
import { commandFiles } from './steps/command-files.js';
import { commandModel } from './steps/command-model.js';
import { commandResults } from './steps/command-results.js';
import { commandScores } from './steps/command-scores.js';
import { cosine } from './steps/cosine.js';
import { differenceBasis } from './steps/difference-basis.js';
import { energy } from './steps/energy.js';
import { exportAdapter } from './steps/export-adapter.js';
import { fetch } from './steps/fetch.js';
import { fetchDataset } from './steps/fetch-dataset.js';
import { generate } from './steps/generate.js';
import { importedScores } from './steps/imported-scores.js';
import { init } from './steps/init.js';
import { inputMoments } from './steps/input-moments.js';
import { judge } from './steps/judge.js';
import { kl } from './steps/kl.js';
import { loss } from './steps/loss.js';
import { mergeAdapter } from './steps/merge-adapter.js';
import { mix } from './steps/mix.js';
import { modelJudge } from './steps/model-judge.js';
import { nextToken } from './steps/next-token.js';
import { outputBasis } from './steps/output-basis.js';
import { overlap } from './steps/overlap.js';
import { perturb } from './steps/perturb.js';
import { principalAngles } from './steps/principal-angles.js';
import { project } from './steps/project.js';
import { randomBasis } from './steps/random-basis.js';
import { randomisedSvd } from './steps/randomised-svd.js';
import { report } from './steps/report.js';
import { rows } from './steps/rows.js';
import { scored } from './steps/scored.js';
import { selectDirection } from './steps/select-direction.js';
import { signAgreement } from './steps/sign-agreement.js';
import { svd } from './steps/svd.js';
import { synthetic } from './steps/synthetic.js';
import { table } from './steps/table.js';
import { tokenise } from './steps/tokenise.js';
import { train } from './steps/train.js';
import { wordTokenizer } from './steps/word-tokenizer.js';

/** What each kind of step costs. */
const costs: { readonly [K in StepKind]: CostOf<K> } = {
  fetch,
  'fetch-adapter': fetch,
  'fetch-dataset': fetchDataset,
  rows,
  synthetic,
  mix,
  'word-tokenizer': wordTokenizer,
  tokenise,
  init,
  perturb,
  train,
  project,
  'merge-adapter': mergeAdapter,
  'export-adapter': exportAdapter,
  svd,
  'randomised-svd': randomisedSvd,
  'random-basis': randomBasis,
  'difference-basis': differenceBasis,
  'difference-vector': differenceBasis,
  'select-direction': selectDirection,
  'input-moments': inputMoments,
  'output-basis': outputBasis,
  energy,
  cosine,
  overlap,
  'sign-agreement': signAgreement,
  'principal-angles': principalAngles,
  generate,
  'exact-match': scored,
  'refusal-rate': scored,
  'multiple-choice': scored,
  judge,
  'model-judge': modelJudge,
  'next-token': nextToken,
  kl,
  loss,
  'choice-likelihoods': choiceLikelihoods,
  'imported-scores': importedScores,
  'command-files': commandFiles,
  'command-results': commandResults,
  'command-model': commandModel,
  'command-scores': commandScores,
  'command-made-scores': commandScores,
  activations,
  'activation-basis': activationBasis,
  cka,
  realignment: table,
  'energy-table': table,
  'overlap-table': table,
  'evaluation-table': table,
  'activation-table': table,
  'spectrum-table': table,
  'cosine-table': table,
  'angle-table': table,
  'cka-table': table,
  'realign-table': table,
  'loss-table': table,
  'data-table': table,
  'joined-table': table,
  'joined-claims-table': table,
  'joined-figures': table,
  'joined-tables': table,
  'joined-report': report,
  claims: table,
  figures: table,
  tables: table,
  report,
};

/** What a step costs. A plan's steps are those that their contracts have typed. */
export function costOf(kind: string, step: CostedStep): StepCost {
  if (!Object.hasOwn(costs, kind)) throw new TypeError(`no step kind ${kind}`);
  return (costs[kind as StepKind] as (step: CostedStep) => StepCost)(step);
}
