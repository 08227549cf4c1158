// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems } from './loading.js';

const withParams = (params: string, rest = '') => ({ 'lab/main.yaml': `runflow: 1\nparams: ${params}\n${rest}` });

async function params(text: string): Promise<unknown> {
  return (await load(withParams(text))).document.params;
}

test('a scalar that is one reference takes over value and type; elsewhere the value is put in as text', async () => {
  assert.equal(
    await params('{ n: 0.5, b: true, s: x, m: "${params.n}", c: "${params.b}", t: "${params.s}-${params.n}" }'),
    {
      n: 0.5,
      b: true,
      s: 'x',
      m: 0.5,
      c: true,
      t: 'x-0.5',
    },
  );
});

test('a reference that is part of a text puts in what was written', async () => {
  const written = [
    '1.10',
    '0500',
    '0x10',
    '0o17',
    '1e5',
    '1E+5',
    '.5',
    '-0',
    '+1',
    '1_000',
    'yes',
    'True',
    'false',
    '2024-01-01',
  ];
  const list = written.map((text, index) => `p${index}: ${text}, c${index}: "\${params.p${index}}"`).join(', ');
  const texts = written.map((_, index) => `t${index}: "v\${params.p${index}}", u${index}: "v\${params.c${index}}"`);
  const found = (await params(`{ ${list}, ${texts.join(', ')} }`)) as Record<string, unknown>;
  for (const [index, text] of written.entries()) {
    assert.is(found[`t${index}`], `v${text}`);
    assert.is(found[`u${index}`], `v${text}`);
  }
  assert.equal([found.c0, found.c1, found.c2, found.c4, found.c7], [1.1, 500, 16, 100_000, 0]);
});

test('a whole reference is a number where the schema takes one, and what was written where it takes a text', async () => {
  const workflow = await load(
    withParams(
      '{ rev: 0500, seed: 010, on: true }',
      'seed: ${params.seed}\nname: "${params.rev}"\nreport: { title: "${params.on}" }\nmodels: { m: { hub: o/m, revision: "${params.rev}" }, n: { path: "${params.rev}" } }',
    ),
  );
  assert.is(workflow.seed, 10);
  assert.is(workflow.name, '0500');
  assert.is(workflow.report.title, 'true');
  const [m, n] = [workflow.models.get('m')!, workflow.models.get('n')!];
  assert.is(m.kind === 'hub' && m.revision, '0500');
  assert.is(n.kind === 'path' && n.path, resolve('lab/0500'));
  assert.is((workflow.document as { name: string }).name, '0500');
});

test('nothing is no text', async () => {
  for (const nothing of ['', '~', 'null', 'Null']) {
    const found = await problems({
      'lab/main.yaml': `runflow: 1\nname: "x-\${params.a}"\nparams:\n  a: ${nothing}\n  b: x`,
    });
    assert.match(found.join(), /\$\{params.a\} is nothing/);
  }
});

test('references may be chained and may point anywhere a single value is', async () => {
  const workflow = await load(
    withParams(
      '{ a: "${params.b}", b: "${params.c}", c: 3 }',
      'seed: ${params.a}\nname: run-${seed}\nmodels: { m: { hub: o/m }, n: { hub: "${models.m.hub}" } }',
    ),
  );
  assert.is(workflow.seed, 3);
  assert.is(workflow.name, 'run-3');
  const model = workflow.models.get('n')!;
  assert.is(model.kind === 'hub' && model.repo, 'o/m');
});

test('$${ is a literal ${, and a lone dollar is a dollar', async () => {
  assert.equal(await params('{ a: "$${params.x} $5 $" }'), { a: '${params.x} $5 $' });
});

test('references see what --set changed, and --set may refer', async () => {
  const texts = withParams('{ a: 1, b: "${params.a}" }', 'seed: ${params.b}\n');
  assert.is((await load(texts, { set: ['params.a=7'] })).seed, 7);
  assert.is((await load(texts, { set: ['seed=${params.a}'] })).seed, 1);
});

test('a wrong value is told where it is used and where it comes from', async () => {
  const texts = withParams('{ a: one }', 'seed: ${params.a}\n');
  assert.equal(await problems(texts), ['lab/main.yaml:3:7: seed must be a whole number, not "one"']);
});

const refused: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'an unknown parameter': ['{ a: "${params.bb}" }', '2:14: ${params.bb} refers to nothing'],
  'an unknown section': ['{ a: "${parms.a}" }', '2:14: ${parms.a} refers to nothing'],
  'a reference without a name': ['{ a: "${}" }', '2:14: ${} refers to nothing'],
  'code in place of a name': ['{ a: "${1 + 1}" }', '2:14: ${1 + 1} refers to nothing'],
  'a property of the language': ['{ a: "${params.constructor}" }', '2:14: ${params.constructor} refers to nothing'],
  'a mapping': ['{ a: "${params}" }', '2:14: ${params} is a mapping; only single values can be referred to'],
  'a reference that is not closed': ['{ a: "x ${params.a" }', '2:14: a reference is not closed'],
  'a scalar that refers to itself': [
    '{ a: "${params.a}" }',
    '2:14: references go round in a circle: params.a → params.a',
  ],
  'a circle, told once': [
    '{ a: "${params.b}", b: "${params.c}", c: "${params.a}" }',
    '2:14: references go round in a circle: params.b → params.c → params.a → params.b',
  ],
};
for (const [what, [text, ...expected]] of Object.entries(refused)) {
  test(`refused: ${what}`, async () => {
    const found = await problems(withParams(text));
    assert.equal(
      found,
      expected.map((problem) => `lab/main.yaml:${problem}`),
    );
  });
}

test('doubling a text again and again is refused before it fills the memory', async () => {
  const doubling = Array.from(
    { length: 40 },
    (_, index) => `p${index + 1}: "\${params.p${index}}\${params.p${index}}"`,
  );
  const found = await problems(withParams(`{ p0: "0123456789", ${doubling.join(', ')} }`));
  assert.match(found[0]!, /longer than 4096 characters/);
});

test.run();
