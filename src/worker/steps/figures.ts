import { figureFiles } from '../../report/figures/figure-files.js';
import type { FiguresParams } from '../../steps/figures.js';
import type { StepContext } from '../step-context.js';
import { readTables } from './read-tables.js';

export async function makeFigures(context: StepContext<FiguresParams>): Promise<void> {
  const { params } = context;
  const { files } = await readTables(context, params.files);
  for await (const { file, bytes } of figureFiles({ params, files }, params)) {
    context.signal.throwIfAborted();
    await context.write(`figures/${file}`, bytes);
  }
}
