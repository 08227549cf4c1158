import { suite, type Test } from 'uvu';
import { type LabOptions, SlurmLab, slurmMissing } from './lab.js';

interface WithLab {
  lab: SlurmLab;
}

/**
 * A suite whose tests share a lab; where none can be started, each is skipped and a line says why. `only`, `skip` and hooks
 * are uvu's.
 */
export function slurmSuite(name: string, options: LabOptions): Test<WithLab> {
  const test = suite<WithLab>(name);
  const missing = slurmMissing();
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`);
    const skipped = (title: string) => test.skip(title, () => {});
    return Object.assign(skipped, test) as Test<WithLab>;
  }
  test.before(async (context) => {
    context.lab = await SlurmLab.start(options);
  });
  test.after(({ lab }) => lab?.stop());
  return test;
}
