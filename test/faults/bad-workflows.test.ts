import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertOneScreen, Sandbox } from '../sandbox.js';
import { smallWorkflow } from '../small-workflow.js';

const test = suite<{ sandbox: Sandbox }>('workflows that cannot be run');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]', ...[...'bcdefg'].map(nested)].join('\n');
function nested(name: string, index: number): string {
  const inner = `*${'abcdefg'[index]}`;
  return `${name}: &${name} [${Array(9).fill(inner).join(', ')}]`;
}

/** Text, and what stderr must say first: the place, then what is wrong, then what to do where there is anything. */
const refused: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'an unknown key': [
    'runflow: 1\nmodles: {}\n',
    /^w\.yaml:2:1: error: unknown key "modles".*\n 2 \| modles.*\n.*\^{6}\n.*Did you mean "models"\?/,
  ],
  'a name that is not defined': [
    'runflow: 1\nmodels: { base: { path: x } }\nupdates: { u: { from: base, to: bse } }\n',
    /^w\.yaml:3:\d+: error: .*"bse"[\s\S]*base/,
  ],
  'models that are made of each other': [
    'runflow: 1\nmodels:\n  a: { perturb: b, seed: 1, norm: 1, decay: 1 }\n  b: { perturb: a, seed: 1, norm: 1, decay: 1 }\n',
    /^w\.yaml:3:3: error: a model is made from itself: a ← b ← a/,
  ],
  'references that go round': [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the language's own references
    'runflow: 1\nparams: { a: "${params.b}", b: "${params.a}" }\n',
    /^w\.yaml:2:14: error: references go round in a circle: params\.b → params\.a → params\.b/,
  ],
  'an alias bomb': [bomb, /^w\.yaml:\d+:\d+: error: more than \d+ values/],
  'an include outside of the folder': [
    'runflow: 1\ninclude: [../../etc/passwd]\n',
    /^w\.yaml:2:11: error: \.\.\/\.\.\/etc\/passwd is outside the workflow's folder/,
  ],
  'an include through a link out of the folder': [
    'runflow: 1\ninclude: [link.yaml]\n',
    /^w\.yaml:2:11: error: link\.yaml is outside the workflow's folder/,
  ],
  'a sweep beyond all measure': [
    `runflow: 1
models: { a: { path: a }, b: { path: b } }
updates: { u: { from: a, to: b } }
subspaces: { r: { kind: random, like: u, seeds: [${Array.from({ length: 1000 }, (_, i) => i)}] } }
sweeps: { s: { project: u, onto: r, mode: parallel, fractions: [${Array.from({ length: 200 }, (_, i) => (i + 1) / 200)}] } }
`,
    /^w\.yaml:5:\d+: error: the sweep has 200,000 points[\s\S]*100,000/,
  ],
  'a model folder that is not there': [
    'runflow: 1\nmodels: { a: { path: a }, b: { path: b } }\nupdates: { u: { from: a, to: b } }\nmetrics: { o: { kind: mso, pairs: [[u, u]], energies: [0.5] } }\n',
    /^w\.yaml:2:11: error: model a: there is no folder/,
  ],
  'numbers that are none': ['runflow: 1\nseed: .nan\n', /^w\.yaml:2:7: error: /],
  'not YAML': ['runflow: 1\n\tname: [', /^w\.yaml:2:\d+: error: /],
  'not text': ['\u0000\u0001\u0002', /^w\.yaml:1:\d+: error: /],
};

for (const [what, [text, says]] of Object.entries(refused)) {
  test(`${what} is refused on one screen, at its place, with exit code 2, before anything is made`, async ({
    sandbox,
  }) => {
    await sandbox.write('w.yaml', text);
    await symlink('/etc/hostname', sandbox.path('link.yaml'));
    const ended = await sandbox.runflow(['run', 'w.yaml']);
    assertOneScreen(ended, 2);
    assert.match(ended.stderr, says);
    assert.is(ended.stdout, '');
    assert.not.ok(existsSync(sandbox.path('results')));
  });
}

test('usage that cannot be meant is refused with exit code 2, and says what may be', async ({ sandbox }) => {
  await sandbox.write('w.yaml', 'runflow: 1\n');
  await sandbox.write('small.yaml', smallWorkflow);
  for (const [argv, says] of [
    [['run', 'absent.yaml'], /^error: cannot read absent\.yaml: no such file/],
    [['run', 'w.yaml', '--keep-gong'], /unknown option --keep-gong/],
    [['run', 'w.yaml', '--executor', 'nowhere'], /no executor nowhere/],
    [['run', 'w.yaml', '--profile', 'absent'], /absent/],
    [['run', 'w.yaml', '--set', 'models.a.path'], /models\.a\.path/],
    [['run', 'small.yaml', 'no-such-target'], /no-such-target names no step/],
    [['run', 'w.yaml'], /w measures nothing/],
    [['run'], /an argument is missing/],
    [['rnu', 'w.yaml'], /Did you mean runflow run\?/],
  ] as const) {
    const ended = await sandbox.runflow(argv);
    assertOneScreen(ended, 2);
    assert.match(ended.stderr, says);
  }
});

test.run();
