import { activationBasis } from './activation-basis.js';
import { activationTable } from './activation-table.js';
import { activations } from './activations.js';
import { angleTable } from './angle-table.js';
import { choiceLikelihoods } from './choice-likelihoods.js';
import { cka } from './cka.js';
import { ckaTable } from './cka-table.js';
import { claims } from './claims.js';
import { commandFiles } from './command-files.js';
import { commandModel } from './command-model.js';
import { commandResults } from './command-results.js';
import { commandMadeScores, commandScores } from './command-scores.js';
import { cosine } from './cosine.js';
import { cosineTable } from './cosine-table.js';
import { dataTable } from './data-table.js';
import { differenceBasis } from './difference-basis.js';
import { differenceVector } from './difference-vector.js';
import { energy } from './energy.js';
import { energyTable } from './energy-table.js';
import { evaluationTable } from './evaluation-table.js';
import { exactMatch } from './exact-match.js';
import { exportAdapter } from './export-adapter.js';
import { fetch } from './fetch.js';
import { fetchAdapter } from './fetch-adapter.js';
import { fetchDataset } from './fetch-dataset.js';
import { figures } from './figures.js';
import { generate } from './generate.js';
import { importedScores } from './imported-scores.js';
import { init } from './init.js';
import { inputMoments } from './input-moments.js';
import { joinedClaimsTable } from './joined-claims-table.js';
import { joinedFigures } from './joined-figures.js';
import { joinedReport } from './joined-report.js';
import { joinedTable } from './joined-table.js';
import { joinedTables } from './joined-tables.js';
import { judge } from './judge.js';
import { kl } from './kl.js';
import { loss } from './loss.js';
import { lossTable } from './loss-table.js';
import { mergeAdapter } from './merge-adapter.js';
import { mix } from './mix.js';
import { modelJudge } from './model-judge.js';
import { multipleChoice } from './multiple-choice.js';
import { nextToken } from './next-token.js';
import { outputBasis } from './output-basis.js';
import { overlap } from './overlap.js';
import { overlapTable } from './overlap-table.js';
import { perturb } from './perturb.js';
import { principalAngles } from './principal-angles.js';
import { project } from './project.js';
import { randomBasis } from './random-basis.js';
import { randomisedSvd } from './randomised-svd.js';
import { realignTable } from './realign-table.js';
import { realignment } from './realignment.js';
import { refusalRate } from './refusal-rate.js';
import { report } from './report.js';
import { rows } from './rows.js';
import { selectDirection } from './select-direction.js';
import { signAgreement } from './sign-agreement.js';
import { spectrumTable } from './spectrum-table.js';
import type { Step, StepContract } from './step.js';
import { svd } from './svd.js';
import { synthetic } from './synthetic.js';
import { tables } from './tables.js';
import { tokenise } from './tokenise.js';
import { train } from './train.js';
import { wordTokenizer } from './word-tokenizer.js';

/** The contract of every kind of step there is. */
export const contracts = {
  fetch,
  'fetch-adapter': fetchAdapter,
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
  'difference-vector': differenceVector,
  'select-direction': selectDirection,
  'input-moments': inputMoments,
  'output-basis': outputBasis,
  energy,
  cosine,
  overlap,
  generate,
  'exact-match': exactMatch,
  judge,
  'model-judge': modelJudge,
  'refusal-rate': refusalRate,
  'next-token': nextToken,
  kl,
  loss,
  'choice-likelihoods': choiceLikelihoods,
  'multiple-choice': multipleChoice,
  'imported-scores': importedScores,
  'command-files': commandFiles,
  'command-results': commandResults,
  'command-model': commandModel,
  'command-scores': commandScores,
  'command-made-scores': commandMadeScores,
  activations,
  'activation-basis': activationBasis,
  'energy-table': energyTable,
  'overlap-table': overlapTable,
  'evaluation-table': evaluationTable,
  'activation-table': activationTable,
  'spectrum-table': spectrumTable,
  'sign-agreement': signAgreement,
  'cosine-table': cosineTable,
  'principal-angles': principalAngles,
  'angle-table': angleTable,
  cka,
  'cka-table': ckaTable,
  realignment,
  'realign-table': realignTable,
  'loss-table': lossTable,
  'data-table': dataTable,
  claims,
  figures,
  'joined-table': joinedTable,
  'joined-claims-table': joinedClaimsTable,
  'joined-figures': joinedFigures,
  'joined-tables': joinedTables,
  'joined-report': joinedReport,
  tables,
  report,
  'fetch-dataset': fetchDataset,
  rows,
  synthetic,
  mix,
  'word-tokenizer': wordTokenizer,
  tokenise,
} as const;

/** `svd`, `train`, … */
export type StepKind = keyof typeof contracts;

type TypesOf<K extends StepKind> = NonNullable<(typeof contracts)[K]['types']>;

/** A step as its contract types it. */
export interface StepOf<K extends StepKind> extends Step {
  readonly kind: K;
  readonly params: TypesOf<K>['params'];
  readonly hints?: TypesOf<K>['hints'];
}

/** The same, by the kind of any step. */
export const stepContracts: Readonly<Record<string, StepContract>> = contracts;
