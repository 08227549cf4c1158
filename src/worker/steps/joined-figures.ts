import { studyFigureFiles } from '../../report/joined/study-figures.js';
import type { JoinedFiguresParams } from '../../steps/joined-figures.js';
import type { StepContext } from '../step-context.js';
import { readClaims, readGroups } from './study-tables.js';

export async function makeJoinedFigures(context: StepContext<JoinedFiguresParams>): Promise<void> {
  const { params } = context;
  const { groups } = await readGroups(context, params);
  const claims = await readClaims(context, params.cells);
  for await (const { file, bytes } of studyFigureFiles({ params, groups, claims }, params)) {
    context.signal.throwIfAborted();
    await context.write(`figures/${file}`, bytes);
  }
}
