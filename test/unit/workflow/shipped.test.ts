import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { loadStudy } from '../../../src/workflow/load.js';
import { shippedFiles, shippedWorkflows } from './shipped-files.js';

const workflows = shippedWorkflows();
const profiles = shippedFiles()
  .filter((file) => basename(dirname(file)) === 'profiles')
  .map((file) => basename(file, '.yaml'));

assert.ok(workflows.length >= 6, `${workflows.length} workflows and examples`);
for (const file of workflows) {
  const asked = dirname(file).endsWith('workflows') ? [undefined, ...profiles] : [undefined];
  for (const profile of asked) {
    test(`${basename(file)} is valid with ${profile ?? 'its own'} profile`, async () => {
      const loaded = await loadStudy(file, { profile });
      assert.ok(loaded.ok, loaded.ok ? '' : renderDiagnostics(loaded.diagnostics));
    });
  }
}

for (const file of shippedFiles()) {
  test(`${basename(file)} tells the editor where the schema is`, () => {
    const [first] = readFileSync(file, 'utf8').split('\n');
    const schema = first!.match(/^# yaml-language-server: \$schema=(.+)$/)?.[1];
    assert.ok(schema, first);
    assert.ok(readFileSync(`${dirname(file)}/${schema}`).length > 0);
  });
}

test.run();
