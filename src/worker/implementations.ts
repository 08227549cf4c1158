import type { contracts, StepKind } from '../steps/contracts.js';
import type { StepContract } from '../steps/step.js';
import type { StepImplementation } from './step-context.js';

type ImplementationOf<Contract> =
  Contract extends StepContract<infer Params, infer Hints> ? StepImplementation<Params, Hints> : never;

/** What carries out each kind of step, imported when a worker runs the first of it: none of it is loaded for nothing. */
const implementations: { readonly [K in StepKind]: () => Promise<ImplementationOf<(typeof contracts)[K]>> } = {
  fetch: async () => (await import('./steps/fetch.js')).runFetch,
  'fetch-adapter': async () => (await import('./steps/fetch-adapter.js')).runFetchAdapter,
  init: async () => (await import('./steps/init.js')).runInit,
  perturb: async () => (await import('./steps/perturb.js')).runPerturb,
  train: async () => (await import('./steps/train.js')).runTrain,
  project: async () => (await import('./steps/project.js')).runProject,
  'merge-adapter': async () => (await import('./steps/merge-adapter.js')).runMergeAdapter,
  'export-adapter': async () => (await import('./steps/export-adapter.js')).runExportAdapter,
  svd: async () => (await import('./steps/svd.js')).runSvd,
  'randomised-svd': async () => (await import('./steps/randomised-svd.js')).runRandomisedSvd,
  'random-basis': async () => (await import('./steps/random-basis.js')).runRandomBasis,
  'select-direction': async () => (await import('./steps/select-direction.js')).chooseDirection,
  'input-moments': async () => (await import('./steps/input-moments.js')).collectMoments,
  'output-basis': async () => (await import('./steps/output-basis.js')).makeOutputBasis,
  'difference-basis': async () => (await import('./steps/difference-basis.js')).makeDifferenceBasis,
  'difference-vector': async () => (await import('./steps/difference-vector.js')).makeDifferenceVector,
  energy: async () => (await import('./steps/energy.js')).runEnergy,
  cosine: async () => (await import('./steps/cosine.js')).runCosine,
  overlap: async () => (await import('./steps/overlap.js')).runOverlap,
  generate: async () => (await import('./steps/generate.js')).runGenerate,
  'exact-match': async () => (await import('./steps/exact-match.js')).scoreAnswers,
  judge: async () => (await import('./steps/judge.js')).runJudge,
  'model-judge': async () => (await import('./steps/model-judge.js')).runModelJudge,
  'refusal-rate': async () => (await import('./steps/refusal-rate.js')).scoreRefusals,
  'next-token': async () => (await import('./steps/next-token.js')).keepNextTokens,
  kl: async () => (await import('./steps/kl.js')).measureDivergence,
  loss: async () => (await import('./steps/loss.js')).measureLoss,
  'choice-likelihoods': async () => (await import('./steps/choice-likelihoods.js')).measureChoices,
  'multiple-choice': async () => (await import('./steps/multiple-choice.js')).scoreChoices,
  'imported-scores': async () => (await import('./steps/imported-scores.js')).importScores,
  'command-files': async () => (await import('./steps/command-files.js')).makeFiles,
  'command-model': async () => (await import('./steps/command-model.js')).makeModelByProgram,
  'command-results': async () => (await import('./steps/command-results.js')).makeResultsByProgram,
  'command-scores': async () => (await import('./steps/command-scores.js')).scoreByProgram,
  'command-made-scores': async () => (await import('./steps/command-scores.js')).scoreByProgram,
  activations: async () => (await import('./steps/activations.js')).collectActivations,
  'activation-basis': async () => (await import('./steps/activation-basis.js')).runActivationBasis,
  'energy-table': async () => (await import('./steps/energy-table.js')).makeEnergyTable,
  'overlap-table': async () => (await import('./steps/overlap-table.js')).makeOverlapTable,
  'evaluation-table': async () => (await import('./steps/evaluation-table.js')).makeEvaluationTable,
  'activation-table': async () => (await import('./steps/activation-table.js')).makeActivationTable,
  'spectrum-table': async () => (await import('./steps/spectrum-table.js')).makeSpectrumTable,
  'sign-agreement': async () => (await import('./steps/sign-agreement.js')).countSigns,
  'cosine-table': async () => (await import('./steps/cosine-table.js')).makeCosineTable,
  'principal-angles': async () => (await import('./steps/principal-angles.js')).measureAngles,
  'angle-table': async () => (await import('./steps/angle-table.js')).makeAngleTable,
  cka: async () => (await import('./steps/cka.js')).measureCka,
  'cka-table': async () => (await import('./steps/cka-table.js')).makeCkaTable,
  realignment: async () => (await import('./steps/realignment.js')).chooseRealigned,
  'realign-table': async () => (await import('./steps/realign-table.js')).makeRealignTable,
  'joined-table': async () => (await import('./steps/joined-table.js')).joinTables,
  'joined-claims-table': async () => (await import('./steps/joined-claims-table.js')).joinClaims,
  'joined-figures': async () => (await import('./steps/joined-figures.js')).makeJoinedFigures,
  'joined-tables': async () => (await import('./steps/joined-tables.js')).makeJoinedTables,
  'joined-report': async () => (await import('./steps/joined-report.js')).makeJoinedReport,
  'loss-table': async () => (await import('./steps/loss-table.js')).makeLossTable,
  'data-table': async () => (await import('./steps/data-table.js')).makeDataTable,
  claims: async () => (await import('./steps/claims.js')).judgeClaims,
  figures: async () => (await import('./steps/figures.js')).makeFigures,
  tables: async () => (await import('./steps/tables.js')).makeTables,
  report: async () => (await import('./steps/report.js')).makeReport,
  'fetch-dataset': async () => (await import('./steps/fetch-dataset.js')).runFetchDataset,
  rows: async () => (await import('./steps/rows.js')).runRows,
  synthetic: async () => (await import('./steps/synthetic.js')).runSynthetic,
  mix: async () => (await import('./steps/mix.js')).runMix,
  'word-tokenizer': async () => (await import('./steps/word-tokenizer.js')).runWordTokenizer,
  tokenise: async () => (await import('./steps/tokenise.js')).runTokenise,
};

/** What carries out steps of a kind. A job comes from a plan, whose steps their contracts have typed. */
export async function implementationOf(kind: string): Promise<StepImplementation> {
  if (!Object.hasOwn(implementations, kind)) throw new TypeError(`no step kind ${kind}`);
  return (await implementations[kind as StepKind]()) as StepImplementation;
}
