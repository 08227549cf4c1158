import type { Step } from '../steps/step.js';
import type { Assumptions, CostedStep, DeviceTraits, End, KnownStep, Unknown } from './costed-step.js';
import type { Described, DescribedNode } from './described.js';
import { costOf } from './registry.js';
import type { Work } from './work.js';

/** What costs follow from. */
/** Finds out more of a step from what is known of its inputs; undefined: there is nothing more. */
export type LookAhead = (
  step: Step,
  inputs: (name: string) => DescribedNode,
) => Promise<KnownStep | undefined> | undefined;

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
  readonly unknown: readonly Unknown[];
}

/**
 * What steps take, at least and at most. Each is costed from what is known of its inputs: what exists, and what the steps
 * before it will give.
 */
export async function costsOf(facts: CostFacts): Promise<Costs> {
  const unknown = new Map<string, Unknown>();
  const note = (what: string, bound: string) => unknown.set(`${what}\n${bound}`, { what, bound });
  const known = new Map(facts.known);
  const least = await worksAt('least', { ...facts, known }, note, async (step, inputs) => {
    const more = await facts.look?.(step, inputs);
    if (more !== undefined) known.set(step.id, { ...known.get(step.id), ...more });
  });
  const most = await worksAt('most', { ...facts, known }, note, () => undefined);
  return {
    steps: facts.steps.map((step, index) => ({ step, least: least[index]!, most: most[index]! })),
    unknown: [...unknown.values()],
  };
}

async function worksAt(
  end: End,
  facts: CostFacts,
  note: CostedStep['unknown'],
  before: (step: Step, inputs: (name: string) => DescribedNode) => Promise<void> | undefined,
): Promise<Work[]> {
  const nodes = new Map(facts.existing);
  let resident: string | undefined;
  const works: Work[] = [];
  for (const step of facts.steps) {
    await before(step, (name) => inputOf(step, name));
    const model = modelOf(step);
    const { work, outputs } = costOf(step.kind, {
      id: step.id,
      params: step.params,
      hints: step.hints ?? {},
      end,
      device: facts.device,
      assumed: facts.assumed,
      known: facts.known.get(step.id) ?? {},
      modelIsResident: model !== undefined && model === resident,
      inputNames: Object.keys(step.inputs),
      has: (input) => Object.hasOwn(step.inputs, input),
      input: (name) => described(step, name),
      inputs: (name) => nodeOf(step, name),
      unknown: note,
    });
    requireNumbers(work, step);
    nodes.set(step.id, outputs);
    // Any other step that wants the device frees the model.
    if (work.phases.length > 0) resident = model;
    works.push(work);
  }
  return works;

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

/** What decides which weights a step has on the device; undefined: it runs no model. */
function modelOf({ params, inputs }: Step): string | undefined {
  if (params.model === undefined) return undefined;
  const weights = Object.entries(inputs).filter(([name]) => !/^(rows|examples|tokens|reference|responses)$/.test(name));
  return JSON.stringify([params.model, weights]);
}

function requireNumbers({ phases, host, ...rest }: Work, step: Step): void {
  const numbers = [...phases.flatMap((one) => Object.values(one)), ...Object.values(host), ...Object.values(rest)];
  const wrong = numbers.find((value) => !(value >= 0));
  if (wrong !== undefined) throw new TypeError(`${step.id}: its cost holds ${wrong}`);
}
