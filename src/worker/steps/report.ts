import { runflowVersion } from '../../diagnostics/version.js';
import { claimEffects } from '../../eval/claims/registry.js';
import type { Digest } from '../../formats/digest.js';
import { reportPage } from '../../report/page.js';
import type { ReportParams } from '../../steps/report.js';
import type { StepContext } from '../step-context.js';

export async function makeReport(context: StepContext<ReportParams>): Promise<void> {
  const params = context.params;
  const files = new Map<string, string>();
  const digests = new Map<string, Digest>();
  for (const file of params.files) {
    const artifact = context.input(file);
    files.set(file, new TextDecoder().decode(await context.read(artifact)));
    digests.set(file, artifact.digest);
  }
  const page = await reportPage({ params, files, claimEffects }, { digests, version: runflowVersion() });
  await context.write('report.html', new TextEncoder().encode(page));
}
