import type { SourceRange } from '../../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../../diagnostics/errors.js';
import type { Side } from '../../formats/projection.js';
import type { Input } from '../../steps/step.js';
import type { Subspace } from '../../workflow/subspaces/subspace.js';
import type { UpdateNode, UpdateTensor, Waiting } from '../expand-updates.js';
import type { PlanParts } from './kind.js';

/** One tensor of a pair. */
export interface ComparedTensor {
  readonly tensor: UpdateTensor;
  /** Adds the steps that make the vectors of both, which lie in one space. */
  vectors(): readonly [ComparedVectors, ComparedVectors];
}

/** Orthonormal columns of an update with their singular values, or of a subspace without. */
export interface ComparedVectors {
  readonly u: Input;
  readonly s?: Input;
}

type Member = UpdateNode | { readonly subspace: Subspace; readonly tensors: readonly UpdateTensor[] };

/**
 * What a pair of names compares, tensor by tensor. Two updates: their left singular vectors. An update and a subspace: on the
 * side on which the subspace acts, of the tensors that it acts on. Two subspaces: of the tensors that both act on, on one side.
 * @throws InvalidWorkflowError, pointing at `range`, when they do not fit
 */
export function comparedTensors(
  [nameA, nameB]: readonly [string, string],
  range: SourceRange,
  parts: PlanParts,
): readonly ComparedTensor[] | Waiting {
  const [a, b] = [memberOf(nameA, parts), memberOf(nameB, parts)];
  if ('waitsFor' in a || 'waitsFor' in b) {
    return { waitsFor: [a, b].flatMap((member) => ('waitsFor' in member ? member.waitsFor : [])) };
  }
  const { updates, projections } = parts;
  if ('update' in a && 'update' in b) {
    updates.requireSameRows(a, b, range);
    return a.tensors.map((tensor, index) => ({
      tensor,
      vectors: () => [leftVectors(a, tensor, parts), leftVectors(b, b.tensors[index]!, parts)],
    }));
  }
  const tensorsOfB = new Map(b.tensors.map((tensor) => [tensor.name, tensor]));
  const [one, other] = 'subspace' in a ? [a, b] : [b as Exclude<Member, UpdateNode>, a];
  const what = 'update' in other ? `update ${other.update.name}` : `subspace ${other.subspace.name}`;
  const acted = other.tensors.filter((tensor) => sideIn(other, tensor, parts) !== null);
  projections.requireFit(one.subspace, what, acted, one.tensors, range);
  const compared = a.tensors.flatMap((tensor): ComparedTensor[] => {
    const inB = tensorsOfB.get(tensor.name);
    if (inB === undefined) return [];
    const [sideA, sideB] = [sideIn(a, tensor, parts), sideIn(b, inB, parts)];
    if (sideA === null || sideB === null) return [];
    const side = sideA === 'any' ? sideB : sideA;
    if (side === 'any' || (sideB !== 'any' && sideB !== side)) return [];
    return [{ tensor, vectors: () => [vectorsOf(a, tensor, side, parts), vectorsOf(b, inB, side, parts)] }];
  });
  if (compared.length > 0) return compared;
  const message = `${nameA} and ${nameB} have no tensor in which both have directions on the same side`;
  throw new InvalidWorkflowError([{ severity: 'error', code: 'nothing-to-compare', message, range }]);
}

function memberOf(name: string, { workflow, models, projections }: PlanParts): Member | Waiting {
  if (workflow.updates.has(name)) return models.update(name);
  const subspace = workflow.subspaces.get(name)!;
  models.planSubspace(subspace);
  const tensors = projections.ownTensors(subspace);
  return 'waitsFor' in tensors ? tensors : { subspace, tensors };
}

/** The side that a member asks for in a tensor; null: it has nothing there. */
function sideIn(member: Member, tensor: UpdateTensor, { projections }: PlanParts): Side | 'any' | null {
  return 'update' in member ? 'any' : (projections.action(member.subspace, tensor)?.side ?? null);
}

function vectorsOf(member: Member, tensor: UpdateTensor, side: Side, parts: PlanParts): ComparedVectors {
  if ('subspace' in member) {
    const { subspace } = member;
    return { u: parts.projections.basis({ subspace, seed: null }, tensor, side, undefined).basis };
  }
  if (side === 'left') return leftVectors(member, tensor, parts);
  const node = parts.updates.svd(member, tensor);
  return { u: { node, output: 'v' }, s: { node, output: 's' } };
}

function leftVectors(update: UpdateNode, tensor: UpdateTensor, { updates }: PlanParts): ComparedVectors {
  const node = updates.comparedSvd(update, tensor);
  return { u: { node, output: 'u' }, s: { node, output: 's' } };
}
