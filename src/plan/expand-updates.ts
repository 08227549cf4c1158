import type { SourceRange } from '../diagnostics/diagnostic.js';
import { embeddingTensor, isRotaryTable, isTiedCopy, isTiedEmbedding } from '../formats/architecture.js';
import { naturalOrder } from '../formats/natural-order.js';
import type { DType } from '../formats/tensor.js';
import { fittingPrefixes, prefixesText } from '../formats/tensor-names.js';
import type { RandomisedSvdParams } from '../steps/randomised-svd.js';
import type { SvdParams } from '../steps/svd.js';
import type { Semantics } from '../workflow/semantics.js';
import { isWhole, type Update } from '../workflow/updates.js';
import type { Workflow } from '../workflow/workflow.js';
import { tensorChoice } from './chosen-tensors.js';
import type { ModelFacts, TensorFacts } from './facts.js';
import type { ModelNode } from './model-node.js';
import type { PlanBuilder } from './plan-builder.js';
import {
  differenceTexts,
  differingTensors,
  invalidTensors,
  mismatch,
  type Shapes,
  shapeText,
} from './tensor-differences.js';
import { compareTokens, vocabularyCuts, withCuts } from './vocabulary.js';

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
  /** Rows that both ends have, of tensors of which one end has more. The update is of these, as the shape in `tensors` says. */
  readonly cut: ReadonlyMap<string, number>;
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
  svd(node: UpdateNode, tensor: UpdateTensor): string {
    const { update, from, to } = node;
    const params: SvdParams = {
      ...(this.#workflow.semantics === 'reference' ? { heldAs: 'F16' } : {}),
      ...cutRows(node, tensor.name),
    };
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
      vectors,
      iterations: 2,
      seed: this.#workflow.seed,
      stream: `${name}/${tensor.name}`,
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

  /**
   * The tensors of a model as an update of it would have them.
   * @param definition on whose behalf what is left out is noted: `subspaces.refusal`; absent: nothing is left out by it
   */
  tensorsOf(facts: ModelFacts, definition?: string): UpdateTensor[] {
    const tensors = [...this.#comparable(facts, definition)].map(([name, shape]) => asMatrix(name, shape, facts.tied));
    return tensors.sort((a, b) => naturalOrder(a.name, b.name));
  }

  /**
   * Refuses an update that is to be projected onto a subspace of another but that differs from it in tensors. One whose tensors
   * are chosen is compared in these alone: the other may have more.
   */
  requireTensorsOf(projected: UpdateNode, onto: UpdateNode, range: SourceRange): void {
    const { tensors, except } = projected.update;
    const names = new Set(projected.tensors.map(({ name }) => name));
    const isMet = tensors === undefined && except === undefined ? () => true : (name: string) => names.has(name);
    this.requireSameTensors(projected, { ...onto, tensors: onto.tensors.filter(({ name }) => isMet(name)) }, range);
  }

  /** Refuses two updates that are to be compared element by element but that differ in tensors. */
  requireSameTensors(a: UpdateNode, b: UpdateNode, range: SourceRange): void {
    this.#requireFit(a, b, range, undefined, chosenHint([a, b]));
  }

  /** Refuses two updates that are to be compared but whose left singular vectors are not of one space, tensor by tensor. */
  requireSameRows(a: UpdateNode, b: UpdateNode, range: SourceRange): void {
    const hint = 'An overlap needs the same tensors on both sides, each with the same first dimension.';
    const own = chosenHint([a, b]);
    this.#requireFit(a, b, range, (x, y) => rowsOf(x) === rowsOf(y), own === undefined ? hint : `${hint} ${own}`);
  }

  #requireFit(
    a: UpdateNode,
    b: UpdateNode,
    range: SourceRange,
    fit?: (left: readonly number[], right: readonly number[]) => boolean,
    hint?: string,
  ): void {
    const [left, right] = [shapesOf(a), shapesOf(b)];
    const differing = differingTensors(left, right, fit);
    if (differing.length === 0) return;
    throw mismatch(
      `updates ${a.update.name} and ${b.update.name}`,
      differenceTexts(differing, left, right),
      range,
      hint,
    );
  }

  #resolve(update: Update): UpdateNode | Waiting {
    const from = this.#models.get(update.from)!;
    const to = this.#models.get(update.to)!;
    const waitsFor = [...new Set([...from.waitsFor, ...to.waitsFor])];
    if (waitsFor.length > 0) return { waitsFor };
    const ends: Ends = { from: from.facts!, to: to.facts! };
    const [before, after] = this.#chosen(update, ends);
    const cuts = vocabularyCuts(before, after);
    const cut = update.vocabulary === 'cut' ? cuts : new Map<string, number>();
    const [fromTensors, toTensors] = [withCuts(before, cut), withCuts(after, cut)];
    const differing = differingTensors(fromTensors, toTensors);
    if (differing.length > 0) {
      const what = `models ${update.from} (from) and ${update.to} (to)`;
      const differences = differenceTexts(differing, before, after);
      throw mismatch(what, differences, update.range, hintOf(update, ends, differing, cuts));
    }
    if (cut.size > 0) this.#tellCut(update, ends, cut);
    const tied = ends.from.tied && ends.to.tied;
    const tensors = [...fromTensors].map(([name, shape]) => asMatrix(name, shape, tied));
    tensors.sort((a, b) => naturalOrder(a.name, b.name));
    const empty = tensors.find((tensor) => tensor.rankMax === 0);
    if (empty !== undefined) {
      throw invalidTensors(
        `tensor ${empty.name} of update ${update.name} is empty: ${shapeText(empty.shape)}`,
        update.range,
      );
    }
    if (tensors.length === 0) {
      const chosen =
        update.tensors === undefined && update.except === undefined ? '' : ' of those that the update is to have';
      throw invalidTensors(
        `models ${update.from} and ${update.to} have no floating-point tensor in common${chosen}`,
        update.range,
      );
    }
    return { update, from: from.node!, to: to.node!, tensors, cut };
  }

  /** Shapes of the tensors of both ends that the update's patterns choose. */
  #chosen(update: Update, { from, to }: Ends): [Shapes, Shapes] {
    const definition = `updates.${update.name}`;
    const isChosen = tensorChoice(
      update,
      [...new Set([...from.tensors.keys(), ...to.tensors.keys()])],
      (field, pattern) => `${definition}.${field}: no tensor of ${update.from} or ${update.to} is called ${pattern}`,
    );
    const shapesOfChosen = (facts: ModelFacts) => {
      const all = [...this.#comparable(facts, definition)];
      for (const what of all.map(([name]) => name).filter((name) => !isChosen(name))) {
        const fate = from.tensors.has(what) ? `have those of ${update.from}` : 'lack them';
        this.#builder.omit({
          of: definition,
          what,
          why: `left out by tensors or except; models made of the update ${fate}`,
        });
      }
      return new Map(all.filter(([name]) => isChosen(name)));
    };
    return [shapesOfChosen(from), shapesOfChosen(to)];
  }

  /** Says what is cut, and whether the rows that are left are of the same tokens. */
  #tellCut(update: Update, { from, to }: Ends, cut: ReadonlyMap<string, number>): void {
    const of = `updates.${update.name}`;
    for (const [name, rows] of cut) {
      const [before, after] = [from, to].map(({ tensors }) => rowsOf(tensors.get(name)!.shape)) as [number, number];
      const longer = before > after ? update.from : update.to;
      const fate =
        before > after
          ? `models made of the update keep them as they are in ${longer}`
          : 'models made of the update lack them';
      const what = `rows ${rows} to ${Math.max(before, after) - 1} of ${name}`;
      this.#builder.omit({ of, what, why: `only ${longer} has them; ${fate}` });
    }
    const unknown = compareTokens(update, from, to, Math.min(...cut.values()));
    if (unknown !== undefined) this.#builder.omit({ of, what: 'meaning of token ids', why: unknown });
  }

  /** The tensors of a model that an update is about. A tied output layer is the embedding again: see `uses`. */
  #comparable(facts: ModelFacts, definition: string | undefined): Map<string, readonly number[]> {
    const tensors = new Map<string, readonly number[]>();
    for (const [tensor, { dtype, shape }] of facts.tensors) {
      const why = reasonToOmit(tensor, dtype, facts, this.#workflow.semantics);
      if (why === undefined) tensors.set(tensor, shape);
      else if (definition !== undefined) this.#builder.omit({ of: definition, what: tensor, why });
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

/** What the two models of an update have. */
interface Ends {
  readonly from: ModelFacts;
  readonly to: ModelFacts;
}

/** Rows of both ends that an update of a tensor is about, as a parameter that is absent where it is about all. */
export function cutRows({ cut }: UpdateNode, tensor: string): { readonly rows?: number } {
  const rows = cut.get(tensor);
  return rows === undefined ? {} : { rows };
}

/** The same of the update that another is projected onto or compared with. */
export function cutOntoRows({ cut }: UpdateNode, tensor: string): { readonly ontoRows?: number } {
  const ontoRows = cut.get(tensor);
  return ontoRows === undefined ? {} : { ontoRows };
}

/** What to do about two models whose tensors differ. @param cuts tensors that differ in rows of the vocabulary alone */
function hintOf(
  update: Update,
  { from, to }: Ends,
  differing: readonly string[],
  cuts: ReadonlyMap<string, number>,
): string | undefined {
  const [one, other] = [
    () => namesHint(update, from, to),
    () => namesHint({ from: update.to, to: update.from }, to, from),
  ];
  // The names that decoders have everywhere stay, and the others become these.
  const renamed = from.tensors.has(embeddingTensor) ? (other() ?? one()) : (one() ?? other());
  if (renamed !== undefined) return renamed;
  if (differing.every((name) => cuts.has(name))) {
    const sizes = [from, to].map(({ tensors }) => rowsOf(tensors.get(differing[0]!)!.shape));
    return `Their vocabularies have ${sizes.join(' and ')} rows. With \`vocabulary: cut\` the update is of the rows that both have.`;
  }
  if (from.tied !== to.tied) {
    const [tied, untied] = from.tied ? [update.from, update.to] : [update.to, update.from];
    return `By its config.json (tie_word_embeddings) ${tied} uses the embedding as its output layer too, and ${untied} has one of its own.`;
  }
  const missing = differing.filter((name) => !(from.tensors.has(name) && to.tensors.has(name)));
  if (missing.length < differing.length) return undefined;
  return `Use checkpoints of one architecture, or leave tensors out, for example: except: ["${patternOf(missing)}"]`;
}

/** How the names of one model become those of another, where they are under other prefixes. */
function namesHint(
  { from, to }: Pick<Update, 'from' | 'to'>,
  model: ModelFacts,
  other: ModelFacts,
): string | undefined {
  const names = [...model.tensors.keys()];
  const prefixes = fittingPrefixes(names, new Set(other.tensors.keys()));
  if (prefixes === undefined) return undefined;
  return `Tensors of ${from} have the names of ${to} under other beginnings. Say so beside its path or hub: ${prefixesText(prefixes)}`;
}

/** A pattern that leaves out what one model lacks: all of them where their names begin alike, or the first. */
function patternOf(names: readonly string[]): string {
  const [head] = names[0]!.split('.');
  return names.length > 1 && names.every((name) => name.startsWith(`${head}.`)) ? `${head}.*` : names[0]!;
}

/** What to do about two updates whose tensors differ, where one has not all tensors of its models. */
function chosenHint(nodes: readonly UpdateNode[]): string | undefined {
  if (nodes.every(({ update }) => isWhole(update))) return undefined;
  return 'Updates that meet need the same tensors: give both the same tensors, except and vocabulary.';
}
