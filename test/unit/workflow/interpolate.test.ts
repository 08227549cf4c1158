// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
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
