import type { CosineResult, SignAgreementResult } from '../../formats/step-results.js';
import { CosineTable, type PairTensor } from '../../report/tables/cosine.js';
import type { CosineTableParams } from '../../steps/cosine-table.js';
import type { StepContext } from '../step-context.js';

export async function makeCosineTable(context: StepContext<CosineTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new CosineTable();
  const json = async (name: string): Promise<unknown> =>
    JSON.parse(new TextDecoder().decode(await context.read(context.input(name))));
  for (const [index, row] of rows.entries()) {
    const tensors: PairTensor[] = [];
    for (const at of row.tensors.keys()) {
      context.signal.throwIfAborted();
      const cosine = (await json(`${index}/${at}`)) as CosineResult;
      const signs = (await json(`${index}/${at}/signs`)) as SignAgreementResult;
      tensors.push({ ...cosine, ...signs });
    }
    table.add(row, tensors);
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('cosine.csv', new TextEncoder().encode(table.csv()));
}
