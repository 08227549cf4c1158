import { runflowVersion } from '../../diagnostics/version.js';
import { claimEffects } from '../../eval/claims/registry.js';
import { reportPage } from '../../report/page.js';
import type { ReportParams } from '../../steps/report.js';
import type { StepContext } from '../step-context.js';
import { readTables } from './read-tables.js';

export async function makeReport(context: StepContext<ReportParams>): Promise<void> {
  const { params } = context;
  const { files, digests } = await readTables(context, params.files);
  const page = await reportPage({ params, files, claimEffects }, { digests, version: runflowVersion() });
  await context.write('report.html', new TextEncoder().encode(page));
}
