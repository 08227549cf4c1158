import { runflowVersion } from '../../diagnostics/version.js';
import { claimEffects } from '../../eval/claims/registry.js';
import { studyPage } from '../../report/joined/study-page.js';
import type { StudyReportParams } from '../../steps/joined-report.js';
import type { StepContext } from '../step-context.js';
import { readClaims, readClaimsOverCells, readGroups } from './study-tables.js';

export async function makeJoinedReport(context: StepContext<StudyReportParams>): Promise<void> {
  const { params } = context;
  const { groups, digests } = await readGroups(context, params);
  const claims = await readClaims(context, params.cells);
  const claimsOverCells = await readClaimsOverCells(context, params.cells);
  const input = { params, groups, claims, claimsOverCells, claimEffects };
  const page = await studyPage(input, { digests, version: runflowVersion() });
  await context.write('report.html', new TextEncoder().encode(page));
}
