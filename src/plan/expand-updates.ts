import type { SourceRange } from '../diagnostics/diagnostic.js';
import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { isRotaryTable, isTiedCopy, isTiedEmbedding } from '../formats/architecture.js';
import { naturalOrder } from '../formats/natural-order.js';
import type { DType } from '../formats/tensor.js';
import type { RandomisedSvdParams } from '../steps/randomised-svd.js';
import type { SvdParams } from '../steps/svd.js';
import type { Semantics } from '../workflow/semantics.js';
import type { Update } from '../workflow/updates.js';
import type { Workflow } from '../workflow/workflow.js';
import type { ModelFacts, TensorFacts } from './facts.js';
import type { ModelNode } from './model-node.js';
import type { PlanBuilder } from './plan-builder.js';

/** One tensor of an update, as the matrix it is decomposed as: first dimension × rest; a 1-D tensor is a column. */
export interface UpdateTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** min(rows, columns); 1 for a 1-D tensor. */
  readonly rankMax: number;
  /** 1-D: its subspace is the one direction it has, spanned by `u`. */
  readonly vector: boolean;
  /** 2 for the embedding of a model that ties its output layer to it. */
  readonly uses: 1 | 2;
}

export interface UpdateNode {
  readonly update: Update;
  /** Nodes of the two models. */
  readonly from: string;
  readonly to: string;
  readonly tensors: readonly UpdateTensor[];
}

/** Hub models that must be fetched first. */
export interface Waiting {
  readonly waitsFor: readonly string[];
}

/** The published code decomposes tensors up to this side exactly when it compares them, larger ones by a randomised SVD. */
const largestExactSide = 10_000;

const floats: ReadonlySet<DType> = new Set(['F64', 'F32', 'F16', 'BF16']);

/** Finds out which tensors an update has, and adds its decompositions when something wants them. */
export class UpdateExpansion {
  readonly #nodes = new Map<string, UpdateNode | Waiting>();
  readonly #workflow: Workflow;
  readonly #models: ReadonlyMap<string, ModelNode>;
  readonly #builder: PlanBuilder;

  /** @param models those that are planned already */
  constructor(workflow: Workflow, models: ReadonlyMap<string, ModelNode>, builder: PlanBuilder) {
    this.#workflow = workflow;
    this.#models = models;
    this.#builder = builder;
  }

  /** The update, both of whose ends are planned. */
  node(name: string): UpdateNode | Waiting {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = this.#resolve(this.#workflow.updates.get(name)!);
      this.#nodes.set(name, node);
    }
    return node;
  }

  /** Adds the one decomposition of this tensor that every subspace, sweep and metric reads. @returns the step's id. */
  svd({ update, from, to }: UpdateNode, tensor: UpdateTensor): string {
    const params: SvdParams = this.#workflow.semantics === 'reference' ? { heldAs: 'F16' } : {};
    const output = `tensor/${tensor.name}`;
    const step = {
      id: `svd[${update.name},${tensor.name}]`,
      kind: 'svd' as const,
      params,
      inputs: { from: { node: from, output }, to: { node: to, output } },
      group: `SVD of ${update.name}`,
      cost: tensor.rows * tensor.columns * tensor.rankMax,
    };
    return this.#builder.add(step, `updates.${update.name}`);
  }

  /**
   * What an overlap compares: the singular vectors of `svd`, or where the published code has a randomised SVD, its. A vector
   * has one direction, which that finds exactly.
   */
  comparedSvd(node: UpdateNode, tensor: UpdateTensor): string {
    const svd = this.svd(node, tensor);
    const exact = this.#workflow.semantics === 'paper' || Math.max(tensor.rows, tensor.columns) <= largestExactSide;
    if (exact || tensor.rankMax === 1) return svd;
    const vectors = Math.max(1, Math.floor(0.25 * tensor.rankMax));
    const { name } = node.update;
    const params: RandomisedSvdParams = {
      ...{ vectors, iterations: 2 },
      ...{ seed: this.#workflow.seed, stream: `${name}/${tensor.name}` },
    };
    const step = {
      id: `randomised-svd[${name},${tensor.name}]`,
      kind: 'randomised-svd' as const,
      params,
      inputs: { u: { node: svd, output: 'u' }, s: { node: svd, output: 's' } },
      group: `Randomised SVD of ${name}`,
      cost: tensor.rankMax * vectors * (tensor.rows + vectors),
    };
    return this.#builder.add(step, `updates.${name}`);
  }

  /** The tensors of a model as an update of it would have them. @param definition on whose behalf: `subspaces.refusal` */
  tensorsOf(facts: ModelFacts, definition: string): UpdateTensor[] {
    const tensors = [...this.#comparable(facts, definition)].map(([name, shape]) => asMatrix(name, shape, facts.tied));
    return tensors.sort((a, b) => naturalOrder(a.name, b.name));
  }

  /** Refuses two updates of which one is to be projected onto the other but that differ in tensors. */
  requireSameTensors(a: UpdateNode, b: UpdateNode, range: SourceRange): void {
    const differences = differingTensors(shapesOf(a), shapesOf(b));
    if (differences.length > 0) throw mismatch(`updates ${a.update.name} and ${b.update.name}`, differences, range);
  }

  /** Refuses two updates that are to be compared but whose left singular vectors are not of one space, tensor by tensor. */
  requireSameRows(a: UpdateNode, b: UpdateNode, range: SourceRange): void {
    const differences = differingTensors(shapesOf(a), shapesOf(b), (x, y) => rowsOf(x) === rowsOf(y));
    if (differences.length === 0) return;
    const hint = 'An overlap needs the same tensors on both sides, each with the same first dimension.';
    throw mismatch(`updates ${a.update.name} and ${b.update.name}`, differences, range, hint);
  }

  #resolve(update: Update): UpdateNode | Waiting {
    const from = this.#models.get(update.from)!;
    const to = this.#models.get(update.to)!;
    const waitsFor = [...new Set([...from.waitsFor, ...to.waitsFor])];
    if (waitsFor.length > 0) return { waitsFor };
    const definition = `updates.${update.name}`;
    const fromTensors = this.#comparable(from.facts!, definition);
    const toTensors = this.#comparable(to.facts!, definition);
    const differences = differingTensors(fromTensors, toTensors);
    if (differences.length > 0) {
      const what = `models ${update.from} (from) and ${update.to} (to)`;
      const [one, other] = from.facts!.tied ? [update.from, update.to] : [update.to, update.from];
      const untied = `By its config.json (tie_word_embeddings) ${one} uses the embedding as its output layer too, and ${other} has one of its own.`;
      throw mismatch(what, differences, update.range, from.facts!.tied === to.facts!.tied ? undefined : untied);
    }
    const tied = from.facts!.tied && to.facts!.tied;
    const tensors = [...fromTensors].map(([name, shape]) => asMatrix(name, shape, tied));
    tensors.sort((a, b) => naturalOrder(a.name, b.name));
    const empty = tensors.find((tensor) => tensor.rankMax === 0);
    if (empty !== undefined) {
      throw invalid(`tensor ${empty.name} of update ${update.name} is empty: ${text(empty.shape)}`, update.range);
    }
    if (tensors.length === 0) {
      throw invalid(`models ${update.from} and ${update.to} have no floating-point tensor in common`, update.range);
    }
    return { update, from: from.node!, to: to.node!, tensors };
  }

  /** The tensors of a model that an update is about. A tied output layer is the embedding again: see `uses`. */
  #comparable(facts: ModelFacts, definition: string): Map<string, readonly number[]> {
    const tensors = new Map<string, readonly number[]>();
    for (const [tensor, { dtype, shape }] of facts.tensors) {
      const why = reasonToOmit(tensor, dtype, facts, this.#workflow.semantics);
      if (why === undefined) tensors.set(tensor, shape);
      else this.#builder.omit({ of: definition, what: tensor, why });
    }
    return tensors;
  }
}

function reasonToOmit(
  tensor: string,
  dtype: TensorFacts['dtype'],
  facts: ModelFacts,
  semantics: Semantics,
): string | undefined {
  if (!floats.has(dtype)) return `holds ${dtype}, not floating-point numbers`;
  // Old Llama checkpoints hold it; what is trained from them does not.
  if (isRotaryTable(tensor)) return 'a table of rotary frequencies, no weight';
  if (isTiedCopy(tensor, facts.tied, (name) => facts.tensors.has(name))) {
    const counts = semantics === 'paper' ? 'once' : 'twice in sums over the model';
    return `tied to model.embed_tokens.weight, which counts ${counts}`;
  }
  return undefined;
}

function asMatrix(name: string, shape: readonly number[], tied: boolean): UpdateTensor {
  const rows = rowsOf(shape);
  const columns = shape.slice(1).reduce((product, size) => product * size, 1);
  const uses = isTiedEmbedding(name, tied) ? 2 : 1;
  return { name, shape, rows, columns, rankMax: Math.min(rows, columns), vector: shape.length < 2, uses };
}

function rowsOf(shape: readonly number[]): number {
  return shape[0] ?? 1;
}

function shapesOf(node: UpdateNode): Map<string, readonly number[]> {
  return new Map(node.tensors.map((tensor) => [tensor.name, tensor.shape]));
}

/** A text for each tensor that is missing on a side or has another shape there. */
function differingTensors(
  a: ReadonlyMap<string, readonly number[]>,
  b: ReadonlyMap<string, readonly number[]>,
  fit = (left: readonly number[], right: readonly number[]) => text(left) === text(right),
): string[] {
  const differences: string[] = [];
  for (const name of [...new Set([...a.keys(), ...b.keys()])].sort(naturalOrder)) {
    const [left, right] = [a.get(name), b.get(name)];
    if (left === undefined || right === undefined || !fit(left, right)) {
      differences.push(`${name}: ${text(left)} and ${text(right)}`);
    }
  }
  return differences;
}

function text(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'missing' : `[${shape.join(', ')}]`;
}

const shownDifferences = 5;

export function mismatch(
  what: string,
  differences: readonly string[],
  range: SourceRange,
  hint = 'Use checkpoints of one architecture: same tensor names, same shapes.',
): InvalidWorkflowError {
  const shown = differences.slice(0, shownDifferences);
  if (differences.length > shown.length) shown.push(`and ${differences.length - shown.length} more`);
  return invalid(
    `${what} differ in ${differences.length} ${differences.length === 1 ? 'tensor' : 'tensors'}: ${shown.join('; ')}`,
    range,
    hint,
  );
}

function invalid(message: string, range: SourceRange, hint?: string): InvalidWorkflowError {
  return new InvalidWorkflowError([
    { severity: 'error', code: 'tensor-mismatch', message, range, ...(hint === undefined ? {} : { hint }) },
  ]);
}
