import type { SourceRange } from '../../diagnostics/diagnostic.js';
import { extentText } from '../../formats/projection.js';
import { type CombinedTerm, termInput } from '../../steps/recipes/combined.js';
import type { Input } from '../../steps/step.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { Term, TermOfUpdate } from '../../workflow/models/term.js';
import type { UpdateNode, UpdateTensor, Waiting } from '../expand-updates.js';
import type { InMemoryModel, MeasuredModel } from '../model-node.js';
import type { ModelParts, ModelPlan } from './kind.js';
import { termTensors } from './term-tensors.js';
import { addWritten } from './written.js';

type Combine = ModelOf<'combine'>;

export const combine: ModelPlan<Combine> = {
  add(model, parts) {
    const made = combined(model, parts);
    return made === unchanged ? parts.made.get(model.base)! : addWritten(model, made, parts);
  },
  inMemory,
  text: ({ base, terms }) => [base, ...terms.map(termText)].join(' '),
};

/** A model to which nothing is added. */
const unchanged = 'unchanged';

function inMemory(model: Combine, parts: ModelParts): MeasuredModel | Waiting {
  const made = combined(model, parts);
  if (made !== unchanged) return made;
  const { node, facts, waitsFor } = parts.made.get(model.base)!;
  if (node === undefined || facts === undefined) return { waitsFor };
  return {
    model: { kind: 'whole' },
    inputs: { model: { node, output: '*' } },
    origin: { name: model.base, node, facts },
  };
}

/** A term of the recipe with its inputs, by their names in the term. */
interface PlannedTerm {
  readonly term: CombinedTerm;
  readonly inputs: Readonly<Record<string, Input>>;
}

function combined(model: Combine, parts: ModelParts): InMemoryModel | Waiting | typeof unchanged {
  const { base, range } = model;
  const { node, facts, waitsFor } = parts.made.get(base)!;
  const added = model.terms.filter(({ times }) => times !== 0);
  if (added.length === 0) return unchanged;
  const updates = added.map((term) => (term.kind === 'update' ? parts.updates.node(term.update) : undefined));
  const waiting = [
    waitsFor,
    ...updates.map((update) => (update && 'waitsFor' in update ? update.waitsFor : [])),
  ].flat();
  if (waiting.length > 0 || node === undefined || facts === undefined) return { waitsFor: [...new Set(waiting)] };
  const tensors = parts.updates.tensorsOf(facts);
  const planned: PlannedTerm[] = [];
  for (const [index, term] of added.entries()) {
    const update = updates[index] as UpdateNode | undefined;
    const chosen = termTensors(term, update, model, tensors);
    const one = (termPlans[term.kind] as PlanTerm<Term>)(term, { chosen, update, range, parts });
    if ('waitsFor' in one) return one;
    planned.push(...one);
  }
  const { heldAs } = parts.projections.published;
  const inputs = planned.flatMap(({ inputs: own }, index) =>
    Object.entries(own).map(([name, input]) => [termInput(index, name), input] as const),
  );
  return {
    model: { kind: 'combined', terms: planned.map(({ term }) => term), ...(heldAs && { heldAs }) },
    inputs: { origin: { node, output: '*' }, ...Object.fromEntries(inputs) },
    origin: { name: base, node, facts },
  };
}

interface TermContext {
  readonly chosen: readonly UpdateTensor[];
  /** Update of the term, where it has one. */
  readonly update: UpdateNode | undefined;
  readonly range: SourceRange;
  readonly parts: ModelParts;
}

type PlanTerm<T> = (term: T, context: TermContext) => readonly PlannedTerm[] | Waiting;

const termPlans: { readonly [K in Term['kind']]: PlanTerm<Extract<Term, { readonly kind: K }>> } = {
  update: (term, context) => {
    if (term.part === null) return [wholeTerm(term.times, context.chosen, context)];
    return (partPlans[term.part.how] as PlanPart<Part>)(term.times, term.part, context);
  },
  noise: ({ times, seed }, { chosen }) => [
    { term: { kind: 'noise', times, tensors: chosen.map(({ name }) => name), seed }, inputs: {} },
  ],
};

type Part = NonNullable<TermOfUpdate['part']>;
type PlanPart<P> = (times: number, part: P, context: TermContext) => readonly PlannedTerm[] | Waiting;

const partPlans: { readonly [H in Part['how']]: PlanPart<Extract<Part, { readonly how: H }>> } = {
  projection(times, { onto, mode, side, extent, seed }, { chosen, update, range, parts }) {
    const subspace = parts.workflow.subspaces.get(onto)!;
    const projection = { update: update!.update.name, subspace, seed, mode, side };
    const made = parts.projections.model(projection, extent, range, chosen);
    if ('waitsFor' in made) return made;
    return [{ term: { kind: 'projected', times, of: made.model }, inputs: made.inputs }];
  },
  /** U_k U_kᵀ Δ. Tensors that a cut leaves whole need no decomposition. */
  rank(times, { rank }, context) {
    const { chosen, update, parts } = context;
    const cut = chosen.filter(({ vector, rankMax }) => !vector && rank > 0 && rank < rankMax);
    const whole = chosen.filter((tensor) => !cut.includes(tensor));
    const inputs: Record<string, Input> = ends(update!);
    for (const tensor of cut) {
      const node = parts.updates.svd(update!, tensor);
      inputs[`basis/${tensor.name}`] = { node, output: 'u' };
      inputs[`s/${tensor.name}`] = { node, output: 's' };
    }
    const { heldAs } = parts.projections.published;
    const ranks = Object.fromEntries(cut.map(({ name }) => [name, rank]));
    const how = { mode: 'parallel', side: 'left', ...rowsOf(update!, cut), ...(heldAs && { heldAs }) } as const;
    const of = { kind: 'projected', ranks, ...how } as const;
    return [
      ...(cut.length > 0 ? [{ term: { kind: 'projected', times, of } as const, inputs }] : []),
      ...(whole.length > 0 ? [wholeTerm(times, whole, context)] : []),
    ];
  },
  dare(times, { drop, seed }, context) {
    const { term, inputs } = wholeTerm(times, context.chosen, context);
    return [{ term: { ...term, dare: { drop, seed } }, inputs }];
  },
};

function wholeTerm(times: number, tensors: readonly UpdateTensor[], { update }: TermContext) {
  const names = tensors.map(({ name }) => name);
  const term = { kind: 'update', times, tensors: names, ...rowsOf(update!, tensors) } as const;
  return { term, inputs: ends(update!) };
}

/** Rows that an update of some tensors is about, as a parameter that is absent where it is about all. */
function rowsOf({ cut }: UpdateNode, tensors: readonly UpdateTensor[]): { readonly rows?: Record<string, number> } {
  const rows = tensors.flatMap(({ name }) => (cut.has(name) ? [[name, cut.get(name)!] as const] : []));
  return rows.length > 0 ? { rows: Object.fromEntries(rows) } : {};
}

function ends({ from, to }: UpdateNode): Record<string, Input> {
  return { from: { node: from, output: '*' }, to: { node: to, output: '*' } };
}

/** `+ 0.5 · safety (DARE: 0.3 dropped, seed 1)` */
function termText(term: Term): string {
  return `${term.times < 0 ? '−' : '+'} ${Math.abs(term.times)} · ${addedText(term)}`;
}

/** What a term adds a multiple of: `safety (DARE: 0.3 dropped, seed 1)` */
export function addedText(term: Term): string {
  const { tensors = [], except = [] } = term;
  const noise = term.kind === 'noise';
  const how = noise ? [`seed ${term.seed}`] : [...partText(term.part), ...(term.vectors ? [] : ['vectors left out'])];
  const where = [...tensors.map(({ text }) => text), ...except.map(({ text }) => `not ${text}`)];
  const notes = [...how, ...(where.length > 0 ? [`tensors ${where.join(', ')}`] : [])];
  return `${noise ? 'noise as long as the weights' : term.update}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

function partText(part: TermOfUpdate['part']): string[] {
  if (part === null) return [];
  switch (part.how) {
    case 'projection': {
      const subspace = part.seed === null ? part.onto : `${part.onto} (seed ${part.seed})`;
      return [`${part.mode} projection onto ${subspace} at ${extentText(part.extent)}, ${part.side} side`];
    }
    case 'rank':
      return [part.rank === 0 ? 'all ranks' : `rank ${part.rank}`];
    case 'dare':
      return [`DARE: ${part.drop} dropped, seed ${part.seed}`];
  }
}
