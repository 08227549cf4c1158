import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const program = `import {
  describePlan, EventBus, exitCodes, loadStudy, openStore, planWorkflow, type RunEvent, runWorkflow,
} from 'runflow';
const loaded = await loadStudy('workflow.yaml', { profile: 'toy' });
if (loaded.ok) {
  const study = loaded.value;
  const store = openStore('store');
  const events = new EventBus();
  events.subscribe((event: RunEvent) => {
    if (event.type === 'summary') console.log(event.ran.toFixed(), event.report?.length);
  });
  const planned: number = describePlan(await planWorkflow({ study, store })).counts.run;
  if (planned > 0 && (await runWorkflow({ study, store, events })) !== exitCodes.done) process.exit(1);
}
`;

test('declarations compile in a strict program of a user that installed the package, and are no mere any', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runflow-declarations-'));
  try {
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, 'runflow'), { recursive: true });
    const options = { cwd: root, encoding: 'utf8', stdio: 'pipe' } as const;
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], options);
    const archive = readdirSync(folder).find((file) => file.endsWith('.tgz'))!;
    execFileSync(
      'tar',
      ['-xzf', join(folder, archive), '-C', join(modules, 'runflow'), '--strip-components=1'],
      options,
    );
    // What an installation brings: the dependencies, and no tool that runflow itself is built with.
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    for (const name of [...Object.keys(dependencies), '@types/node']) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2022',
      types: ['node'],
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      module: 'nodenext',
      moduleResolution: 'nodenext',
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const compile = (text: string) => {
      writeFileSync(join(folder, 'program.ts'), text);
      const { status, stdout } = spawnSync(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
      return { status, stdout };
    };
    assert.equal(compile(program), { status: 0, stdout: '' });
    const wrong = compile(program.replace('event.ran.toFixed()', 'event.run').replace("profile: 'toy'", 'profil: 1'));
    assert.is.not(wrong.status, 0);
    assert.match(wrong.stdout, /Property 'run' does not exist/);
    assert.match(wrong.stdout, /'profil' does not exist in type 'LoadOptions'/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
