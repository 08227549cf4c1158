import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../src/formats/digest.js';
import { type LoadOptions, loadWorkflow } from '../../../src/workflow/load.js';
import { extentsOf } from '../../../src/workflow/sweeps/projected.js';
import { sweepOf } from '../../../src/workflow/sweeps/sweep.js';
import type { LoadedWorkflow } from '../../../src/workflow/workflow.js';
import { load, problems, screen } from './loading.js';
import { memoryFiles } from './memory-files.js';

const small = `runflow: 1
models:
  a: { path: ./a }
  b: { path: /data/b }
  c: { hub: owner/c }
updates:
  alignment: { from: a, to: b }
  task: { from: b, to: c }
subspaces:
  top: { kind: top-k, of: alignment }
  control: { kind: random, like: alignment }
sweeps:
  keep: { project: task, onto: [top, control], mode: parallel, fractions: [0.25, 1] }
metrics:
  overlap: { kind: mso, pairs: [[task, alignment]], energies: [0.5] }
`;

test('a sweep has fractions, ranks or both', async () => {
  const withExtents = (extents: string) => small.replace('fractions: [0.25, 1]', extents);
  const keep = async (extents: string) =>
    sweepOf('projected', (await load({ 'lab/main.yaml': withExtents(extents) })).sweeps.get('keep')!)!;
  const ranked = await keep('ranks: [100, 6]');
  assert.equal([ranked.fractions, ranked.ranks], [[], [100, 6]]);
  const both = await keep('fractions: [0.5], ranks: [6]');
  assert.equal(extentsOf(both), [{ fraction: 0.5 }, { rank: 6 }]);
  assert.equal(extentsOf(ranked), [{ rank: 6 }, { rank: 100 }]);
  assert.is(
    await screen({ 'lab/main.yaml': small.replace(', fractions: [0.25, 1]', '') }),
    `lab/main.yaml:13:3: error: sweeps.keep has neither fractions nor ranks
 13 |   keep: { project: task, onto: [top, control], mode: parallel }
    |   ^^^^
  For example: fractions: [0.25, 0.5], or: ranks: [6, 100]
`,
  );
  for (const [ranks, problem] of [
    ['[0]', 'sweeps.keep.ranks.0 is 0; it must be at least 1'],
    ['[2.5]', 'sweeps.keep.ranks.0 must be'],
    ['[6, 6]', 'sweeps.keep.ranks holds 6 twice'],
    ['[]', 'sweeps.keep.ranks has 0 items; it must have at least 1'],
  ] as const) {
    const [found, ...more] = await problems({ 'lab/main.yaml': withExtents(`ranks: ${ranks}`) });
    assert.ok(found!.includes(problem), found);
    assert.equal(more, []);
  }
});

test('a workflow is resolved: defaults, absolute paths, places', async () => {
  const workflow = await load({ 'lab/main.yaml': small });
  assert.is(workflow.file, resolve('lab/main.yaml'));
  assert.is(workflow.name, 'main');
  assert.is(workflow.seed, 0);
  const { range, ...a } = workflow.models.get('a')!;
  assert.equal(a, { name: 'a', kind: 'path', path: resolve('lab/a') });
  assert.equal([range.file, range.start.line, range.start.column], ['lab/main.yaml', 3, 3]);
  assert.equal(workflow.models.get('b')!.kind === 'path' && workflow.models.get('b'), {
    ...workflow.models.get('b')!,
    path: '/data/b',
  });
  const { range: _, ...c } = workflow.models.get('c')!;
  assert.equal(c, { name: 'c', kind: 'hub', repo: 'owner/c', revision: 'main' });
  const sweep = sweepOf('projected', workflow.sweeps.get('keep')!)!;
  assert.equal(
    [sweep.project, sweep.onto, sweep.side, sweep.fractions, sweep.measure],
    [['task'], ['top', 'control'], 'right', [0.25, 1], ['energy']],
  );
  const control = workflow.subspaces.get('control')!;
  assert.equal(control.kind === 'random' && control.seeds, [0]);
  assert.equal(workflow.report, {
    title: 'main',
    figures: ['energy', 'overlap'],
    tables: ['energy', 'overlap'],
    formats: ['svg'],
    tableFormats: ['tex', 'md', 'csv'],
    columns: 2,
    style: {},
  });
  assert.equal(workflow.files, [{ file: resolve('lab/main.yaml'), digest: digestOf(small) }]);
});

test('layers of smollm3 without rotation follow from the interval; other families do not tell of them', async () => {
  const rotaryLayers = async (init: string) => {
    const shape = `layers: 5, hidden: 8, heads: 2, mlp: 8, vocabulary: 10`;
    const text = small.replace('{ path: ./a }', `{ init: { ${shape}, ${init} } }`);
    const model = (await load({ 'lab/main.yaml': text })).models.get('a')!;
    return model.kind === 'init' && model.architecture.rotaryLayers;
  };
  assert.equal(await rotaryLayers('family: smollm3'), [true, true, true, false, true]);
  assert.equal(await rotaryLayers('family: smollm3, no-rope-layer-interval: 2'), [true, false, true, false, true]);
  assert.is(await rotaryLayers('family: qwen3'), undefined);
});

test('local layers of gemma3_text follow from the pattern, with their own rotation and the divisor of heads', async () => {
  const architectureOf = async (init: string) => {
    const shape = 'layers: 3, hidden: 8, heads: 2, mlp: 8, vocabulary: 10';
    const text = small.replace('{ path: ./a }', `{ init: { ${shape}, ${init} } }`);
    const model = (await load({ 'lab/main.yaml': text })).models.get('a')!;
    return model.kind === 'init' ? model.architecture : undefined;
  };
  const { localLayers, localRopeTheta, queryScalar } = (await architectureOf('family: gemma3_text'))!;
  assert.equal([localLayers, localRopeTheta, queryScalar], [[true, true, true], 10000, 4]);
  const every = await architectureOf('family: gemma3_text, sliding-window-pattern: 2, head-dim: 6');
  assert.equal([every!.localLayers, every!.queryScalar], [[true, false, true], 6]);
});

test('reference semantics take left singular vectors unless the sweep says otherwise', async () => {
  const side = async (text: string, options: LoadOptions = {}) =>
    sweepOf('projected', (await load({ 'lab/main.yaml': text }, options)).sweeps.get('keep')!)!.side;
  assert.is(await side(`${small}semantics: reference\n`), 'left');
  assert.is(await side(small, { semantics: 'reference' }), 'left');
  assert.is(await side(`${small}semantics: reference\n`, { semantics: 'paper' }), 'right');
  assert.is(
    await side(small.replace('mode: parallel', 'mode: parallel, side: right'), { semantics: 'reference' }),
    'right',
  );
});

test('the way a number, a key order or a comment is written changes nothing', async () => {
  const one = await load({ 'lab/main.yaml': small });
  const other = await load({
    'lab/main.yaml': `# a comment\n${small.replace('[0.25, 1]', '[2.5e-1, 1.0]').replace('from: a, to: b', 'to: b, from: a')}`,
  });
  const fractions = ({ sweeps }: typeof one) => sweepOf('projected', sweeps.get('keep')!)!.fractions;
  assert.equal(fractions(other), fractions(one));
  assert.equal(other.document, one.document);
});

test('a profile wins over the workflow, and the workflow over what it includes', async () => {
  const texts = {
    'lab/main.yaml': `${small}include: [lab.yaml]\nprofile: toy\nprofiles:\n  tiny: { models: { a: { path: /tiny } } }\n`,
    'lab/lab.yaml': 'runflow: 1\nseed: 7\nmodels: { a: { path: /lab }, d: { path: d } }\n',
    'lab/profiles/toy.yaml': 'runflow: 1\nmodels: { b: { path: b } }\n',
  };
  const workflow = await load(texts);
  const pathOf = (loaded: LoadedWorkflow, name: string) => {
    const model = loaded.models.get(name)!;
    return model.kind === 'path' ? model.path : model.kind;
  };
  assert.is(workflow.seed, 7);
  assert.is(pathOf(workflow, 'a'), resolve('lab/a'));
  assert.is(pathOf(workflow, 'b'), resolve('lab/profiles/b'), 'a path is relative to the file it stands in');
  assert.is(pathOf(workflow, 'd'), resolve('lab/d'));
  assert.is(workflow.profile, 'toy');
  assert.equal(
    workflow.files.map(({ file }) => file),
    ['lab/main.yaml', 'lab/lab.yaml', 'lab/profiles/toy.yaml'].map((file) => resolve(file)),
  );
  const tiny = await load(texts, { profile: 'tiny' });
  assert.is(pathOf(tiny, 'a'), '/tiny');
  assert.is(pathOf(tiny, 'b'), '/data/b');
});

test('all problems are told at once, in the order of the text', async () => {
  const text = small
    .replace('path: ./a', 'pth: ./a')
    .replace('to: c }', 'to: cc }')
    .replace('mode: parallel', 'mode: paralel')
    .replace('energies: [0.5]', 'energies: [0.5, 2]');
  assert.equal(await problems({ 'lab/main.yaml': text }), [
    'lab/main.yaml:3:3: models.a does not say how the model is made',
    'lab/main.yaml:8:24: there is no model "cc"',
    'lab/main.yaml:13:54: sweeps.keep.mode cannot be "paralel"',
    'lab/main.yaml:15:69: metrics.overlap.energies.1 is 2; it must be at most 1',
  ]);
});

test('a name that no folder of results can have is refused, whether written or that of the file', async () => {
  const named = async (file: string, name = '') => {
    const loaded = await loadWorkflow(file, {}, memoryFiles({ [file]: `runflow: 1\n${name}` }));
    return loaded.ok ? loaded.value.name : loaded.diagnostics.map(({ message }) => message).join();
  };
  for (const file of [
    '...yaml',
    '....yaml',
    '.yaml',
    '.hidden.yaml',
    'a..yaml',
    'a .yaml',
    'a\nb.yaml',
    'CON.yaml',
    'nul.x.yaml',
    'a\u001b[31m.yaml',
  ]) {
    assert.match(
      await named(file),
      /the workflow's name ".*", that of its file, .*: no folder of results can be called so/s,
    );
    assert.is(await named(file, 'name: study'), 'study');
  }
  for (const name of ['..', '"../x"', '""', 'a/b', '.a', 'a.', 'con']) {
    assert.match(await named('a.yaml', `name: ${name}`), /name/);
  }
  for (const [file, name] of [
    ['a.b.yaml', 'a.b'],
    ['a b.yml', 'a b'],
    ['étude.yaml', 'étude'],
    ['a', 'a'],
  ]) {
    assert.is(await named(file!), name);
  }
});

test.run();
