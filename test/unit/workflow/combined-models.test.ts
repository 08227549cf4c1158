import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

/** Models that are made by adding updates and noise to another. */

const text = `runflow: 1
seed: 7
models:
  base: { path: base }
  aligned: { path: aligned }
  tuned: { path: tuned }
  made:
    combine: tuned
    terms:
      - { update: safety, times: 0.5, dare: { drop: 0.3 } }
updates:
  safety: { from: base, to: aligned }
subspaces:
  top-k: { kind: top-k, of: safety }
  random-k: { kind: random-k, of: safety, seeds: [1, 2] }
`;
const dare = '{ update: safety, times: 0.5, dare: { drop: 0.3 } }';

function withTerm(term: string): { 'lab/main.yaml': string } {
  return { 'lab/main.yaml': text.replace(dare, () => term) };
}

async function termOf(term: string): Promise<unknown> {
  const { models } = await load(withTerm(term));
  return (models.get('made') as unknown as { terms: readonly unknown[] }).terms[0];
}

const common = { kind: 'update', update: 'safety', vectors: true } as const;

test('a term is an update, whole or a part of it, or noise', async () => {
  assert.equal(await termOf('{ update: safety, times: -1 }'), { ...common, times: -1, part: null });
  assert.equal(await termOf(dare), { ...common, times: 0.5, part: { how: 'dare', drop: 0.3, seed: 7 } });
  assert.equal(await termOf('{ update: safety, times: 1, rank: 6, vectors: false }'), {
    ...common,
    times: 1,
    vectors: false,
    part: { how: 'rank', rank: 6 },
  });
  assert.equal(
    await termOf('{ update: safety, times: 0.5, onto: random-k, seed: 2, mode: opposite, fraction: 0.25 }'),
    {
      ...common,
      times: 0.5,
      part: {
        how: 'projection',
        onto: 'random-k',
        mode: 'opposite',
        side: 'right',
        extent: { fraction: 0.25 },
        seed: 2,
      },
    },
  );
  assert.equal(await termOf('{ update: safety, times: 0.5, onto: top-k, mode: parallel, rank: 6, side: left }'), {
    ...common,
    times: 0.5,
    part: { how: 'projection', onto: 'top-k', mode: 'parallel', side: 'left', extent: { rank: 6 }, seed: null },
  });
  const { tensors, except, ...noise } = (await termOf(
    "{ noise: {}, times: 0.1, tensors: '*mlp*', except: ['*up*', '*gate*'] }",
  )) as Record<string, { text: string }[]>;
  assert.equal(noise, { kind: 'noise', times: 0.1, seed: 7 });
  assert.equal(
    tensors!.map(({ text: pattern }) => pattern),
    ['*mlp*'],
  );
  assert.equal(
    except!.map(({ text: pattern }) => pattern),
    ['*up*', '*gate*'],
  );
});

test('what a term cannot be is an error at its place', async () => {
  const cases: readonly (readonly [term: string, at: string, message: RegExp])[] = [
    ['{ update: safty, times: 1 }', 'safty', /there is no update "safty"/],
    ['{ update: safety, times: 1, onto: top, mode: parallel, fraction: 1 }', 'top,', /there is no subspace "top"/],
    [
      '{ update: safety, times: 1, onto: top-k, fraction: 0.5 }',
      'top-k, fr',
      /the projection of the term lacks "mode"/,
    ],
    ['{ update: safety, times: 1, onto: top-k, mode: parallel }', '', /has neither a fraction nor a rank/],
    [
      '{ update: safety, times: 1, onto: top-k, mode: parallel, rank: 6, fraction: 1 }',
      '6',
      /has both a fraction and a rank/,
    ],
    [
      '{ update: safety, times: 1, onto: top-k, mode: parallel, rank: 0 }',
      '0 }',
      /has rank 0: nothing of the update is left/,
    ],
    ['{ update: safety, times: 1, onto: random-k, mode: parallel, fraction: 1 }', 'random-k, m', /has 2 seeds/],
    [
      '{ update: safety, times: 1, onto: top-k, mode: parallel, fraction: 1, dare: { drop: 0.1 } }',
      '{ drop',
      /has both onto and dare/,
    ],
    ['{ update: safety, times: 1, rank: 6, dare: { drop: 0.1 } }', '{ drop', /has both rank and dare/],
    ['{ update: safety, times: 1, mode: parallel }', 'parallel', /"mode" says how an update is projected/],
    ['{ update: safety, times: 1, fraction: 0.5 }', '0.5', /"fraction" says how an update is projected/],
    ['{ update: safety, times: 1, seed: 1 }', '1 }', /"seed" says how an update is projected/],
    ['{ update: safety, times: 1, dare: { drop: 1 } }', '1 }', /dare\.drop is 1; it must be below 1/],
    ['{ update: safety, times: 1, dare: { drop: -0.1 } }', '-0.1', /dare\.drop is -0\.1/],
    ['{ update: safety }', '', /lacks "times"/],
    ['{ update: safety, times: many }', 'many', /times must be a number/],
    ['{ update: safety, times: .inf }', '.inf', /infinity is not a value/],
    ['{ noise: { seed: 1 }, times: 1, rank: 6 }', 'rank', /rank/],
    ['{ noise: { seed: 1 }, times: 1, update: safety }', '', /says twice how the term is made/],
    ['{ noyse: { seed: 1 }, times: 1 }', '', /does not say how the term is made/],
  ];
  for (const [term, at, message] of cases) {
    const found = await problems(withTerm(term));
    const problem = found.find((one) => message.test(one));
    assert.ok(problem, `${term}: ${found.join('; ')}`);
    if (at === '') continue;
    const lines = withTerm(term)['lab/main.yaml'].split('\n');
    const line = lines.findIndex((one) => one.includes(term));
    assert.match(problem!, `lab/main.yaml:${line + 1}:${lines[line]!.lastIndexOf(at) + 1}: `, term);
  }
});

test('a name that nearly fits is suggested', async () => {
  assert.match(await screen(withTerm('{ update: safty, times: 1 }')), 'Did you mean "safety"?');
  assert.match(await screen(withTerm('{ noyse: { seed: 1 }, times: 1 }')), 'Did you mean "noise" by "noyse"?');
});

test('a model that is combined with what is made of itself is a circle', async () => {
  const circular = { 'lab/main.yaml': text.replace('from: base, to: aligned', 'from: base, to: made') };
  assert.match(await screen(circular), 'a model is made from itself: made ← made');
});

const swept = `${text}sweeps:
  scale: { vary: made, times: [0, 1], measure: [nll] }
datasets:
  notes: { path: notes.jsonl }
metrics:
  nll: { kind: loss, on: notes }
`;

test('a sweep varies one term of a combined model', async () => {
  const { sweeps } = await load({ 'lab/main.yaml': swept });
  const { range: _, ...scale } = sweeps.get('scale')!;
  assert.equal(scale, {
    name: 'scale',
    kind: 'vary',
    model: 'made',
    term: 0,
    update: 'safety',
    times: [0, 1],
    measure: ['nll'],
  });
});

test('what a sweep over times cannot be is an error at its place', async () => {
  const two = '{ noise: {}, times: 0.1 }, { update: safety, times: 1 }';
  const cases: readonly (readonly [changes: readonly (readonly [string, string])[], message: RegExp])[] = [
    [[['vary: made', 'vary: mad']], /there is no model "mad"/],
    [[['vary: made', 'vary: tuned']], /the model "tuned" is not combined of others/],
    [[['times: [0, 1], measure', 'term: 1, times: [0, 1], measure']], /the model "made" has no term 1/],
    [[[dare, two.replace('}, {', '}\n      - {')]], /the model "made" has 2 terms/],
    [[['times: [0, 1], measure: [nll]', 'times: [0, 1]']], /lacks "measure"/],
    [[['measure: [nll]', 'measure: [energy]']], /there is nothing to measure called "energy"/],
    [[['times: [0, 1]', 'times: []']], /sweeps\.scale\.times has 0 items/],
    [[['times: [0, 1]', 'times: [1, 1]']], /sweeps\.scale\.times holds 1 twice/],
    [[['times: [0, 1]', 'fractions: [0, 1]']], /unknown key "fractions"|lacks "times"/],
    [[['vary: made, ', '']], /lacks "vary"/],
    [
      [
        [dare, two.replace('}, {', '}\n      - {')],
        ['vary: made,', 'vary: made, term: 0,'],
        ['datasets:', '  other: { vary: made, term: 1, times: [2], measure: [nll] }\ndatasets:'],
      ],
      /sweeps\.other varies term 1 of the model "made", and this sweep term 0/,
    ],
    [
      [['metrics:', 'claims: { linear: { kind: linear-energy, sweep: scale } }\nmetrics:']],
      /the sweep "scale" projects no update/,
    ],
  ];
  for (const [changes, message] of cases) {
    const changed = changes.reduce((all, [from, to]) => {
      assert.ok(all.includes(from), from);
      return all.replace(from, () => to);
    }, swept);
    assert.match((await problems({ 'lab/main.yaml': changed })).join('\n'), message);
  }
});

test.run();
