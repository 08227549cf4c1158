import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

/** Models that are made by projecting an update. */

const text = `runflow: 1
seed: 7
models:
  base: { path: base }
  aligned: { path: aligned }
  useful: { path: useful }
  half: { project: useful, onto: top-k, mode: parallel, fraction: 0.5 }
  drawn: { project: useful, onto: random-k, mode: orthogonal, fraction: 0.25, seed: 2, side: left }
  lone: { project: useful, onto: random, mode: opposite, fraction: 1 }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment, seeds: [1, 2] }
  random: { kind: random, like: alignment }
`;

function changed(...changes: readonly (readonly [from: string, to: string])[]): { 'lab/main.yaml': string } {
  let result = text;
  for (const [from, to] of changes) {
    assert.ok(result.includes(from), from);
    result = result.replace(from, () => to);
  }
  return { 'lab/main.yaml': result };
}

test('a projected model says what is projected onto what, and of several seeds which', async () => {
  const { models } = await load(changed());
  const bare = (name: string) => {
    const { range: _, name: __, ...rest } = models.get(name)!;
    return rest;
  };
  assert.equal(bare('half'), {
    kind: 'projected',
    update: 'useful',
    onto: 'top-k',
    mode: 'parallel',
    side: 'right',
    extent: { fraction: 0.5 },
    seed: null,
  });
  assert.equal(bare('drawn'), {
    kind: 'projected',
    update: 'useful',
    onto: 'random-k',
    mode: 'orthogonal',
    side: 'left',
    extent: { fraction: 0.25 },
    seed: 2,
  });
  assert.equal(bare('lone'), {
    kind: 'projected',
    update: 'useful',
    onto: 'random',
    mode: 'opposite',
    side: 'right',
    extent: { fraction: 1 },
    seed: 7,
  });
  const ranked = await load(changed(['mode: parallel, fraction: 0.5', 'mode: parallel, rank: 6']));
  assert.equal((ranked.models.get('half') as { extent?: unknown }).extent, { rank: 6 });
});

test('published code projects from the left, unless told', async () => {
  const { models } = await load(changed(), { semantics: 'reference' });
  assert.is((models.get('half') as { side?: string }).side, 'left');
  const told = await load(changed(['fraction: 0.5', 'fraction: 0.5, side: right']), { semantics: 'reference' });
  assert.is((told.models.get('half') as { side?: string }).side, 'right');
});

test('which of several seeds is meant must be said', async () => {
  assert.is(
    await screen(changed([', seed: 2', ''])),
    `lab/main.yaml:8:35: error: the subspace "random-k" has 2 seeds
 8 |   drawn: { project: useful, onto: random-k, mode: orthogonal, fraction: 0.25, side: left }
   |                                   ^^^^^^^^
  Say which: seed: 1
`,
  );
});

const refused: readonly (readonly [string, readonly (readonly [string, string])[], string, RegExp])[] = [
  [
    'a seed that the subspace has not',
    [['seed: 2,', 'seed: 3,']],
    'lab/main.yaml:8:85: the subspace "random-k" has no seed 3',
    /It has 1, 2\./,
  ],
  [
    'a seed where nothing is random',
    [['fraction: 0.5', 'fraction: 0.5, seed: 1']],
    'lab/main.yaml:7:78: nothing is random about the subspace "top-k"',
    /Remove the seed/,
  ],
  [
    'an unknown update',
    [['half: { project: useful', 'half: { project: usefull']],
    'lab/main.yaml:7:20: there is no update "usefull"',
    /Did you mean "useful"\?/,
  ],
  [
    'an unknown subspace',
    [['project: useful, onto: top-k', 'project: useful, onto: topk']],
    'lab/main.yaml:7:34: there is no subspace "topk"',
    /Did you mean "top-k"\?/,
  ],
  [
    'an unknown mode',
    [['mode: parallel', 'mode: paralel']],
    'lab/main.yaml:7:47: models.half.mode cannot be "paralel"',
    /Did you mean "parallel"\?/,
  ],
  [
    'a fraction and a rank',
    [['fraction: 0.5', 'fraction: 0.5, rank: 6']],
    'lab/main.yaml:7:78: models.half has both a fraction and a rank',
    /Keep the one that is meant/,
  ],
  [
    'neither a fraction nor a rank',
    [[', fraction: 0.5', '']],
    'lab/main.yaml:7:3: models.half has neither a fraction nor a rank',
    /For example: fraction: 0\.25, or: rank: 6/,
  ],
  [
    'no direction at all',
    [['fraction: 0.5', 'rank: 0']],
    'lab/main.yaml:7:63: models.half.rank is 0; it must be at least 1',
    /\n/,
  ],
  [
    'a fraction beyond the whole',
    [['fraction: 0.5', 'fraction: 1.5']],
    'lab/main.yaml:7:67: models.half.fraction is 1.5; it must be at most 1',
    /1\.5/,
  ],
  [
    'a model that is projected from itself',
    [['useful: { from: aligned, to: useful }', 'useful: { from: aligned, to: half }']],
    'lab/main.yaml:7:3: a model is made from itself: half ← half',
    /half: \{/,
  ],
  [
    'models that are projected from each other',
    [
      ['useful: { from: aligned, to: useful }', 'useful: { from: aligned, to: second }'],
      ['updates:\n', '  second: { project: other, onto: top-k, mode: parallel, fraction: 0.5 }\nupdates:\n  other: { from: half, to: aligned }\n'], // biome-ignore format: one line
    ],
    'lab/main.yaml:7:3: a model is made from itself: half ← second ← half',
    /half: \{/,
  ],
  [
    'a model that is projected onto a subspace of an update that leads to it',
    [['alignment: { from: base, to: aligned }', 'alignment: { from: base, to: lone }']],
    'lab/main.yaml:9:3: a model is made from itself: lone ← lone',
    /lone: \{/,
  ],
];
for (const [what, changes, problem, seen] of refused) {
  test(`refused: ${what}, at its place and with what to do`, async () => {
    const texts = changed(...changes);
    assert.equal(await problems(texts), [problem]);
    assert.match(await screen(texts), seen);
  });
}

test.run();
