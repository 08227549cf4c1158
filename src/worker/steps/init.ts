import { architectureTensors } from '../../formats/architecture.js';
import { families } from '../../formats/families/registry.js';
import { fromFloat32 } from '../../formats/float-conversion.js';
import { modelConfig } from '../../formats/model-config.js';
import { bytesPerElement, elementCount } from '../../formats/tensor.js';
import { Turns } from '../../formats/turns.js';
import { fillNormal } from '../../linalg/normal.js';
import { RandomStream } from '../../linalg/philox.js';
import type { InitParams } from '../../steps/init.js';
import type { StepContext } from '../step-context.js';

/** Numbers made at once; a multiple of what the generator makes in one block, so parts do not show in the result. */
const partLength = 1 << 18;

/**
 * Weights as transformers initialises them: normal with standard deviation `initializer_range`, norms that multiply by 1, biases 0. Each tensor has a
 * random stream of its own, named after it.
 */
export async function runInit(context: StepContext<InitParams>): Promise<void> {
  const { architecture, initializerRange, seed, dtype } = context.params;
  const { gainOffset } = families[architecture.family];
  const tensors = architectureTensors(architecture);
  const total = [...tensors.values()].reduce((sum, shape) => sum + elementCount(shape) * bytesPerElement[dtype], 0);
  const turns = new Turns(context.signal);
  let done = 0;
  for (const [name, shape] of tensors) {
    const count = elementCount(shape);
    const stream = new RandomStream(seed, name);
    const writer = await context.writer(`tensor/${name}`, { dtype, shape });
    try {
      for (let start = 0; start < count; start += partLength) {
        await turns.take();
        const values = new Float32Array(Math.min(partLength, count - start));
        if (shape.length === 1) values.fill(name.endsWith('.bias') ? 0 : 1 - gainOffset);
        else {
          fillNormal(stream, values, start);
          for (let i = 0; i < values.length; i++) values[i] = values[i]! * initializerRange;
        }
        await writer.append(fromFloat32(values, dtype));
        done += values.length * bytesPerElement[dtype];
        context.progress({ done, total, unit: 'bytes' });
      }
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }
  const config = `${JSON.stringify(modelConfig(architecture, dtype, initializerRange), null, 2)}\n`;
  await context.write('file/config.json', Buffer.from(config));
  if (!context.has('tokenizer')) return;
  for (const [output, artifact] of Object.entries(context.inputs('tokenizer'))) context.reference(output, artifact);
}
