import type { EnergyResult } from '../../formats/step-results.js';
import { numericalRank } from '../../linalg/numerical-rank.js';
import { type AlignmentEnergies, chooseTensors } from '../../linalg/realignment.js';
import type { RealignmentParams } from '../../steps/realignment.js';
import type { StepContext } from '../step-context.js';
import { singularValues } from './basis-input.js';

export async function chooseRealigned(context: StepContext<RealignmentParams>): Promise<void> {
  const { rule, tensors } = context.params;
  const found: [string, AlignmentEnergies][] = [];
  for (const [index, name] of tensors.entries()) {
    context.signal.throwIfAborted();
    const energy = await context.read(context.input(`${index}/energy`));
    const { total, kept } = JSON.parse(new TextDecoder().decode(energy)) as EnergyResult;
    const s = await singularValues(context, `${index}/s`);
    s.fill(0, numericalRank(s));
    const along = kept.map((sum, i) => Math.max(0, sum - (kept[i - 1] ?? 0)));
    found.push([name, { total, along, s }]);
    context.progress({ done: index + 1, total: tensors.length, unit: 'tensors' });
  }
  const choice = chooseTensors(found, rule);
  await context.write('choice', new TextEncoder().encode(JSON.stringify(choice)));
}
