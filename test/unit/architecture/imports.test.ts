import { readdirSync, readFileSync } from 'node:fs';
import { posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const source = fileURLToPath(new URL('../../../../src/', import.meta.url));

/** Which folders of src/ the files of a folder may import from. Everyone may import diagnostics and formats. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  diagnostics: [],
  formats: [],
  workflow: [],
  plan: ['workflow', 'steps'],
  steps: [],
  store: [],
  remote: ['store', 'plan'],
  history: ['plan', 'store', 'steps', 'workflow', 'eval', 'report'],
  programs: [],
  run: ['plan', 'store', 'steps', 'workflow', 'history', 'programs'],
  worker: ['steps', 'gpu', 'store'],
  'worker/steps': ['worker', 'steps', 'linalg', 'nn', 'data', 'eval', 'report', 'programs'],
  gpu: [],
  linalg: ['gpu'],
  nn: ['gpu', 'linalg'],
  data: [],
  eval: ['linalg', 'nn', 'data'],
  report: [],
  cost: ['steps', 'nn', 'linalg', 'eval'],
  estimate: ['cost', 'run', 'plan', 'steps', 'store', 'workflow', 'nn', 'data'],
  cli: [
    'language-server',
    'run',
    'remote',
    'history',
    'plan',
    'report',
    'store',
    'workflow',
    'steps',
    'gpu',
    'linalg',
    'cost',
    'estimate',
    'programs',
  ],
  'language-server': ['workflow', 'plan', 'run', 'store', 'cost', 'estimate'],
};

/** Single files that a folder may import besides, and how: types are gone at run time, lazy imports cost nothing at start. */
const exceptions: readonly { readonly from: string; readonly to: string; readonly how: 'type' | 'lazy' }[] = [
  { from: 'steps', to: 'workflow/workflow', how: 'type' },
  { from: 'steps', to: 'data/*', how: 'type' },
  { from: 'steps', to: 'eval/*', how: 'type' },
  { from: 'steps', to: 'eval/claims/*', how: 'type' },
  { from: 'steps', to: 'nn/*', how: 'type' },
  { from: 'steps', to: 'report/section', how: 'type' },
  { from: 'steps', to: 'report/joined/study', how: 'type' },
  { from: 'steps', to: 'report/tables/*', how: 'type' },
  { from: 'eval', to: 'report/tables/*', how: 'type' },
  { from: 'report', to: 'workflow/report', how: 'type' },
  { from: 'run', to: 'worker/protocol', how: 'type' },
  { from: 'run', to: 'report/run/*', how: 'type' },
  { from: 'run', to: 'report/run/*', how: 'lazy' },
  { from: 'run', to: 'gpu/driver', how: 'lazy' },
  { from: 'run', to: 'data/hub', how: 'lazy' },
  { from: 'run', to: 'eval/open-questions', how: 'lazy' },
  { from: 'run', to: 'data/hub-lock', how: 'lazy' },
  { from: 'run', to: 'data/hub-settings', how: 'lazy' },
  { from: 'worker', to: 'worker/steps/*', how: 'lazy' },
  { from: 'estimate', to: 'worker/step-context', how: 'type' },
  { from: 'estimate', to: 'worker/implementations', how: 'lazy' },
  { from: 'estimate', to: 'worker/steps/*', how: 'lazy' },
];

interface Import {
  readonly how: 'value' | 'type' | 'lazy';
  /** `node:fs`, a package, or a path below src/ without its ending. */
  readonly target: string;
}

function importsOf(file: string, text: string): Import[] {
  const pattern =
    /\b(?:import|export)\s+(type\s)?[^;'"]*?\bfrom\s+'([^']+)'|\bimport\('([^']+)'\)|^import\s+'([^']+)'/gm;
  return [...withoutComments(text).matchAll(pattern)].map(([, type, from, lazy, effect]) => {
    const specifier = from ?? lazy ?? effect!;
    const target = specifier.startsWith('.')
      ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, '')
      : specifier;
    return { how: lazy !== undefined ? 'lazy' : type !== undefined ? 'type' : 'value', target };
  });
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

const folderOf = (path: string) => (path.startsWith('worker/steps/') ? 'worker/steps' : path.split('/')[0]!);

/** What is wrong with one import of a file, both below src/; undefined when nothing is. */
function violation(file: string, { how, target }: Import): string | undefined {
  const isPath = !target.startsWith('node:') && Object.hasOwn(mayImport, folderOf(target));
  if (!isPath) return undefined;
  const [from, to] = [folderOf(file), folderOf(target)];
  if (from === to || to === 'diagnostics' || to === 'formats' || mayImport[from]?.includes(to)) return undefined;
  const excepted = exceptions.some(
    (exception) =>
      exception.from === from &&
      exception.how === how &&
      (exception.to === target || exception.to === `${posix.dirname(target)}/*`),
  );
  return excepted ? undefined : `${file} imports ${target} (${how})`;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && file.includes('/'));
const textOf = (file: string) => readFileSync(source + file, 'utf8');

test('every folder of src is in the table', () => {
  const folders = new Set(files.map(folderOf));
  assert.ok(folders.size > 8);
  for (const folder of folders) assert.ok(Object.hasOwn(mayImport, folder), folder);
});

test('imports go down the table, and only down', () => {
  const found = files.flatMap((file) => importsOf(file, textOf(file)).flatMap((entry) => violation(file, entry) ?? []));
  assert.equal(found, []);
});

/** Files that import each other, by whatever way: a list for each circle. */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  // A file is in a circle with another when each can be reached from the other (Tarjan 1972).
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string) => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    open.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!index.has(target)) visit(target);
      if (open.includes(target)) low.set(file, Math.min(low.get(file)!, low.get(target)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = open.splice(open.indexOf(file)).sort();
    if (circle.length > 1 || imports.get(file)?.includes(file)) circles.push(circle);
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return circles;
}

test('no file imports one that imports it, directly or by others, not even for a type', () => {
  const imports = new Map(
    files.map((file) => [file.replace(/\.ts$/, ''), importsOf(file, textOf(file)).map(({ target }) => target)]),
  );
  assert.equal(circlesOf(imports), []);
});

test('the check sees circles of two and more files', () => {
  const imports = { a: ['b', 'x'], b: ['c'], c: ['d', 'a'], d: ['e'], e: ['d'], f: ['a'], g: ['g'] };
  assert.equal(circlesOf(new Map(Object.entries(imports))), [['d', 'e'], ['a', 'b', 'c'], ['g']]);
});

test('what a file exports to be called, another file names', () => {
  const exported = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm;
  const tests = fileURLToPath(new URL('../../../../test/', import.meta.url));
  const named = new Map<string, Set<string>>();
  const count = (file: string, text: string) => {
    for (const [word] of text.matchAll(/\w+/g)) named.set(word, (named.get(word) ?? new Set()).add(file));
  };
  for (const file of files) count(file, withoutComments(textOf(file)));
  for (const file of readdirSync(tests, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.ts')) count(`test/${file}`, readFileSync(tests + file, 'utf8'));
  }
  const unused = files.flatMap((file) =>
    [...textOf(file).matchAll(exported)].flatMap(([, name]) => (named.get(name!)!.size > 1 ? [] : `${file} ${name}`)),
  );
  assert.equal(unused, []);
});

test('the check sees imports of every form', () => {
  const text = [
    "import { a } from '../gpu/driver.js';",
    "import type { B } from '../gpu/gpu.js';",
    "export { c } from '../linalg/svd.js';",
    'import {\n  d,\n} from "x";',
    "import {\n  e,\n  type F,\n} from '../worker/main.js';",
    "const g = () => import('../run/run.js');",
    "// import { h } from '../nn/x.js';",
    "/* import { i } from '../nn/y.js'; */",
    "import 'node:fs';",
  ].join('\n');
  assert.equal(importsOf('plan/x.ts', text), [
    { how: 'value', target: 'gpu/driver' },
    { how: 'type', target: 'gpu/gpu' },
    { how: 'value', target: 'linalg/svd' },
    { how: 'value', target: 'worker/main' },
    { how: 'lazy', target: 'run/run' },
    { how: 'value', target: 'node:fs' },
  ]);
  assert.is(violation('plan/x.ts', { how: 'type', target: 'gpu/gpu' }), 'plan/x.ts imports gpu/gpu (type)');
  const eager = { how: 'value', target: 'worker/steps/svd' } as const;
  assert.is(violation('worker/main.ts', eager), 'worker/main.ts imports worker/steps/svd (value)');
  assert.is(violation('worker/main.ts', { how: 'lazy', target: 'worker/steps/svd' }), undefined);
});

test('the planner knows no disk, clock, environment, chance or device', () => {
  const impure = /\bprocess\b|\bDate\b|\bperformance\b|Math\.random|\bfetch\(|\bsetTimeout\b/;
  for (const file of files.filter((name) => name.startsWith('plan/'))) {
    const text = textOf(file);
    const outside = importsOf(file, text).filter(({ target }) => !Object.hasOwn(mayImport, folderOf(target)));
    assert.equal(outside, [], file);
    // Words in texts and comments do not count.
    const code = withoutComments(text).replace(/'[^'\n]*'|`[^`]*`/g, '');
    assert.not.ok(impure.test(code), `${file}: ${impure.exec(code)?.[0]}`);
  }
});

test('nothing prints but the commands and what shows a run', () => {
  const prints = /\bconsole\.|process\.(?:stdout|stderr)\b/;
  const may = (file: string) => file.startsWith('cli/');
  const found = files.filter((file) => !may(file) && prints.test(withoutComments(textOf(file))));
  // Processes of their own: what they print is the answer to their parent.
  assert.equal(found, ['gpu/driver-probe.ts', 'programs/module-host.ts']);
});

test.run();
