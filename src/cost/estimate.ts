import { inputsOfModel } from '../steps/recipes/registry.js';
import type { Step } from '../steps/step.js';
import type { AssumedName, Assumptions, DeviceTraits, End, KnownStep, Unknown } from './costed-step.js';
import type { Described, DescribedNode } from './described.js';
import { costOf } from './registry.js';
import { namedNumbers, type Work } from './work.js';

/** Finds out more of a step from what is known of its inputs; undefined: there is nothing more. */
export type LookAhead = (
  step: Step,
  inputs: (name: string) => DescribedNode,
) => Promise<KnownStep | undefined> | undefined;

/** What costs follow from. */
export interface CostFacts {
  /** Steps to run, each after all that it takes inputs from. */
  readonly steps: readonly Step[];
  /** What exists: sources, and outputs of steps that are cached. */
  readonly existing: ReadonlyMap<string, DescribedNode>;
  /** What is known of steps that did not run. */
  readonly known: ReadonlyMap<string, KnownStep>;
  readonly device: DeviceTraits;
  readonly assumed: Assumptions;
  /** Asked of each step once, when the steps before it are known. */
  readonly look?: LookAhead;
}

/** Work of the steps at either end, in their order, and what is not known. */
export interface Costs {
  readonly steps: readonly { readonly step: Step; readonly least: Work; readonly most: Work }[];
  /** What exists, and what the steps will give at least, by node. */
  readonly outputs: ReadonlyMap<string, DescribedNode>;
  readonly unknown: readonly Unknown[];
  /** Assumptions that no step asked for. */
  readonly unused: readonly AssumedName[];
}

/** What is noted while steps are costed. */
interface Notes {
  readonly unknown: Map<string, Unknown>;
  readonly used: Set<AssumedName>;
}

/**
 * What steps take, at least and at most. Each is costed from what is known of its inputs: what exists, and what the steps
 * before it will give.
 */
export async function costsOf(facts: CostFacts): Promise<Costs> {
  const notes: Notes = { unknown: new Map(), used: new Set() };
  const known = new Map(facts.known);
  const least = await worksAt('least', { ...facts, known }, notes, async (step, inputs) => {
    const more = await facts.look?.(step, inputs);
    if (more !== undefined) known.set(step.id, { ...known.get(step.id), ...more });
  });
  const most = await worksAt('most', { ...facts, known }, notes, () => undefined);
  for (const [index, step] of facts.steps.entries()) requireOrder(least.works[index]!, most.works[index]!, step);
  return {
    steps: facts.steps.map((step, index) => ({ step, least: least.works[index]!, most: most.works[index]! })),
    outputs: least.nodes,
    unknown: [...notes.unknown.values()],
    unused: [...facts.assumed.keys()].filter((name) => !notes.used.has(name)),
  };
}

async function worksAt(
  end: End,
  facts: CostFacts,
  { unknown, used }: Notes,
  before: (step: Step, inputs: (name: string) => DescribedNode) => Promise<void> | undefined,
): Promise<{ readonly works: Work[]; readonly nodes: ReadonlyMap<string, DescribedNode> }> {
  const nodes = new Map(facts.existing);
  let resident: string | undefined;
  const works: Work[] = [];
  for (const step of facts.steps) {
    await before(step, (name) => inputOf(step, name));
    let model: string | undefined;
    const { work, outputs } = costOf(step.kind, {
      id: step.id,
      origin: step.origin ?? step.id,
      params: step.params,
      hints: step.hints ?? {},
      end,
      device: facts.device,
      known: facts.known.get(step.id) ?? {},
      inputNames: Object.keys(step.inputs),
      has: (input) => Object.hasOwn(step.inputs, input),
      input: (name) => described(step, name),
      inputs: (name) => nodeOf(step, name),
      unknown: (what, bound) => void unknown.set(`${what}\n${bound}`, { what, bound }),
      assumed(name) {
        used.add(name);
        return facts.assumed.get(name);
      },
      runs(recipe) {
        model = JSON.stringify([recipe, inputsOfModel(recipe, step.inputs)]);
        return model === resident;
      },
    });
    requireNumbers(work, step);
    nodes.set(step.id, outputs);
    // Any other step that wants the device frees the model.
    if (work.phases.length > 0) resident = model;
    works.push(work);
  }
  return { works, nodes };

  /** A single artifact as a node of its own. */
  function inputOf(step: Step, name: string): DescribedNode {
    const { output } = step.inputs[name]!;
    const node = nodeOf(step, name);
    const one = node.get(output);
    return output === '*' ? node : new Map(one === undefined ? [] : [[output, one]]);
  }

  function nodeOf(step: Step, name: string): DescribedNode {
    const { node } = step.inputs[name] ?? {};
    const found = node === undefined ? undefined : nodes.get(node);
    if (found === undefined) throw new TypeError(`${step.id}: nothing is known of its input ${name}`);
    return found;
  }

  function described(step: Step, name: string): Described {
    const node = nodeOf(step, name);
    const { output } = step.inputs[name]!;
    if (output === '*') return { bytes: [...node.values()].reduce((sum, { bytes }) => sum + bytes, 0) };
    // The outputs of steps that only make text are described together.
    return node.get(output) ?? node.get('table') ?? { bytes: 0 };
  }
}

function requireNumbers(work: Work, step: Step): void {
  for (const [name, value] of namedNumbers(work)) {
    if (!(value >= 0)) throw new TypeError(`${step.id}: its cost holds ${value} as ${name}`);
  }
}

/** Both ends are made by one function: a smaller end that costs more is a fault of that function. */
function requireOrder(least: Work, most: Work, step: Step): void {
  const above = namedNumbers(most);
  for (const [name, value] of namedNumbers(least)) {
    const bound = above.get(name)!;
    // Sums of parts of a number differ from it by rounding errors.
    if (value > bound * (1 + 1e-9)) {
      throw new TypeError(`${step.id}: its ${name} is at least ${value} and at most ${bound}`);
    }
  }
}
