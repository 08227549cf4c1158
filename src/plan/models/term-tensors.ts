import type { ModelOf } from '../../workflow/models/model.js';
import type { Term } from '../../workflow/models/term.js';
import { isWhole } from '../../workflow/updates.js';
import { tensorChoice } from '../chosen-tensors.js';
import type { UpdateNode, UpdateTensor } from '../expand-updates.js';
import { differenceTexts, differingTensors, invalidTensors, mismatch, type Shapes } from '../tensor-differences.js';

/**
 * The tensors of a model that a term changes: those that its update has, and of noise those of two or more dimensions, as its
 * patterns choose.
 * @param update of a term that has one
 * @param own tensors of the model that the term is added to
 * @throws InvalidWorkflowError when a pattern matches no tensor, none is left, or a tensor does not fit the model
 */
export function termTensors(
  term: Term,
  update: UpdateNode | undefined,
  { base, range }: ModelOf<'combine'>,
  own: readonly UpdateTensor[],
): readonly UpdateTensor[] {
  const all = update?.tensors ?? own;
  const what = update === undefined ? `model ${base}` : `update ${update.update.name}`;
  const names = all.map(({ name }) => name);
  const isChosen = tensorChoice(term, names, (field, text) => `${field}: no tensor of ${what} is called ${text}`);
  const vectors = term.kind === 'update' && term.vectors;
  const chosen = all.filter(({ name, vector }) => (vectors || !vector) && isChosen(name));
  if (chosen.length === 0) {
    const hint = 'Change tensors, except or vectors, or leave the term out.';
    throw invalidTensors(`a term of ${what} is left with no tensor`, range, hint);
  }
  if (update === undefined) return chosen;
  // A term of some tensors fits a model that has others besides.
  const isOfAll = term.tensors === undefined && term.except === undefined && isWhole(update.update);
  const left = shapesOf(isOfAll ? all : chosen);
  const right = shapesOf(isOfAll ? own : own.filter(({ name }) => left.has(name)));
  const differing = differingTensors(left, right);
  if (differing.length > 0) {
    const hint = 'Use checkpoints of one architecture, or choose tensors that both have: `tensors` takes patterns.';
    throw mismatch(`${what} and model ${base}`, differenceTexts(differing, left, right), range, hint);
  }
  return chosen;
}

function shapesOf(tensors: readonly UpdateTensor[]): Shapes {
  return new Map(tensors.map(({ name, shape }) => [name, shape]));
}
