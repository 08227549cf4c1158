import { DataError } from '../../../diagnostics/errors.js';
import type { FloatType } from '../../../formats/float-conversion.js';
import { Turns } from '../../../formats/turns.js';
import { DeviceArithmetic } from '../../../linalg/device/arithmetic.js';
import { gaussianMatrix } from '../../../linalg/gaussian-matrix.js';
import { RandomStream } from '../../../linalg/philox.js';
import type { PreciseSums } from '../../../linalg/precise-sums.js';
import { windowsOf } from '../../../linalg/tall-matrix.js';
import {
  type CombinedTerm,
  type NoiseTerm,
  type ProjectedTerm,
  termInput,
  type UpdateTerm,
} from '../../../steps/recipes/combined.js';
import type { StepContext } from '../../step-context.js';
import { finiteWindow, type MatrixTensor, requireOneShape, tallShape, updateMatrix } from '../update-tensor.js';
import { endsOf, modelTensor, projectedWindows } from './projected.js';

/** One tensor of a term, that adds itself to sums by windows of the tall orientation. */
export interface OpenTerm {
  addTo(sums: PreciseSums, start: number, count: number): Promise<void>;
  release(): void;
}

interface TermParts {
  readonly context: StepContext;
  readonly name: string;
  /** The model's tensor that the term is added to. */
  readonly origin: MatrixTensor;
  readonly heldAs: FloatType | undefined;
  /** The name of a term's input. */
  readonly inputOf: (name: string) => string;
}

type Open<Term> = (term: Term, parts: TermParts) => Promise<OpenTerm>;

const openers: { readonly [K in CombinedTerm['kind']]: Open<Extract<CombinedTerm, { readonly kind: K }>> } = {
  update: openUpdate,
  projected: openProjected,
  noise: openNoise,
};

/** @param index the place of the term in the recipe */
export function openTerm(term: CombinedTerm, index: number, parts: Omit<TermParts, 'inputOf'>): Promise<OpenTerm> {
  const inputOf = (name: string) => termInput(index, name);
  return (openers[term.kind] as Open<CombinedTerm>)(term, { ...parts, inputOf });
}

/** times · (to − from), its difference exact; of what DARE keeps, divided by the part that it keeps. */
async function openUpdate(
  { times, dare, rows }: UpdateTerm,
  { context, name, origin, heldAs, inputOf }: TermParts,
): Promise<OpenTerm> {
  const ends = endsOf(context, name, inputOf('from'), inputOf('to'), rows?.[name]);
  requireOneShape(origin, 'origin', ends.from, inputOf('from'));
  const { columns } = tallShape(origin);
  const keeps = dare === undefined ? undefined : keptElements(name, dare);
  const factor = dare === undefined ? times : times / (1 - dare.drop);
  return {
    async addTo(sums, start, count) {
      const kept = await keeps?.(start * columns, count * columns);
      if (heldAs !== undefined) {
        // The published code holds the difference, too, in that type.
        sums.add(await updateMatrix(context, ends, heldAs).window(start, count), factor, kept);
        return;
      }
      sums.add(await finiteWindow(context, ends.to, inputOf('to'), start, count), factor, kept);
      sums.add(await finiteWindow(context, ends.from, inputOf('from'), start, count), -factor, kept);
    },
    release() {},
  };
}

/** Numbers drawn between two turns of the event loop. */
const partLength = 2 ** 18;

/** Which of a range of elements are kept: element i of the tall orientation by number i of the stream. */
function keptElements(name: string, { drop, seed }: NonNullable<UpdateTerm['dare']>) {
  const stream = new RandomStream(seed, `dare/${name}`);
  const turns = new Turns();
  return async (start: number, count: number): Promise<Uint8Array> => {
    const kept = new Uint8Array(count);
    const bits = new Uint32Array(Math.min(count, partLength));
    for (let at = 0; at < count; at += partLength) {
      await turns.take();
      const part = bits.subarray(0, Math.min(partLength, count - at));
      stream.fill(part, start + at);
      for (let i = 0; i < part.length; i++) kept[at + i] = part[i]! >= drop * 2 ** 32 ? 1 : 0;
    }
    return kept;
  };
}

/** times · Δ_proj, Δ_proj in f32. */
async function openProjected(
  { times, of }: ProjectedTerm,
  { context, name, origin, inputOf }: TermParts,
): Promise<OpenTerm> {
  requireOneShape(origin, 'origin', modelTensor(context, inputOf('from'), name, of.rows?.[name]), inputOf('from'));
  const arithmetic = new DeviceArithmetic(await context.gpu());
  try {
    const projected = await projectedWindows(context, arithmetic, of, name, undefined, inputOf);
    return {
      addTo: async (sums, start, count) => sums.add(await projected.window(start, count), times * projected.scale),
      release: () => arithmetic.releaseAll(),
    };
  } catch (error) {
    arithmetic.releaseAll();
    throw error;
  }
}

/** times · d ‖θ₀‖ / ‖d‖, the norms in f64. */
async function openNoise({ times, seed }: NoiseTerm, { context, name, origin, heldAs }: TermParts): Promise<OpenTerm> {
  const shape = tallShape(origin);
  const noise = gaussianMatrix(shape, { seed, stream: `noise/${name}` });
  let [ofNoise, ofOrigin] = [0, 0];
  for (const { start, count } of windowsOf(shape)) {
    ofNoise += energyOf(await noise.window(start, count));
    ofOrigin += energyOf(await finiteWindow(context, origin, 'origin', start, count, heldAs));
  }
  if (!Number.isFinite(ofOrigin)) throw new DataError('the square of its norm is beyond the range of f64');
  const factor = times * Math.sqrt(ofOrigin / ofNoise);
  return {
    addTo: async (sums, start, count) => sums.add(await noise.window(start, count), factor),
    release() {},
  };
}

function energyOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
