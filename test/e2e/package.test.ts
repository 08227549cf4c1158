import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { smallWorkflow } from '../small-workflow.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('what npm packs runs workflows: its own, and one of a user', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-package-'));
  try {
    const options = { cwd: root, encoding: 'utf8', stdio: 'pipe' } as const;
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], options);
    const [archive] = readdirSync(folder);
    execFileSync('tar', ['-xzf', archive!], { ...options, cwd: folder });
    const unpacked = join(folder, 'package');
    symlinkSync(join(root, 'node_modules'), join(unpacked, 'node_modules'));
    const runflow = (...argv: readonly string[]) =>
      execFileSync(process.execPath, [join(unpacked, 'bin/runflow.js'), ...argv], {
        ...options,
        cwd: folder,
        env: { ...process.env, RUNFLOW_STORE: join(folder, 'store') },
      });
    for (const experiment of [1, 2, 3, 4]) {
      assert.match(runflow('validate', `package/workflows/exp${experiment}.yaml`), /valid with profile toy/);
    }
    assert.match(runflow('init', '--list'), /^exp1 .*alignment subspaces.*\n/m);
    assert.match(runflow('init', 'mine', '--template', 'exp1'), /wrote mine\/exp1\.yaml, mine\/lab\.yaml, .*\nnext: /);
    assert.match(runflow('validate', 'mine/exp1.yaml', '--profile', 'qwen2.5-7b'), /valid with profile qwen2\.5-7b/);
    runflow('init', 'least', '--template', 'minimal');
    assert.match(runflow('run', 'least/minimal.yaml'), /report\.html/);
    writeFileSync(join(folder, 'small.yaml'), smallWorkflow);
    assert.match(runflow('run', 'small.yaml'), /report\.html/);
    const tests = readdirSync(unpacked, { recursive: true, encoding: 'utf8' });
    assert.equal(
      tests.filter((file) => /\.test\.|fixtures/.test(file) && !file.startsWith('node_modules')),
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
