import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { boundsOf, modelsBeside, readEvaluation } from '../../../../src/report/evaluation.js';
import type { ReportInput } from '../../../../src/report/section.js';
import { writeCsv } from '../../../../src/report/tables/csv.js';
import { SamplesTable } from '../../../../src/report/tables/samples.js';
import { evaluationFile, point, type Row, updates } from './evaluation-csv.js';
import { bodyRows, hostile, isHarmless, sectionOf, spaced } from './one-section.js';

const models = [
  { model: 'base', value: 0.1, ci_low: 0.05, ci_high: 0.2 },
  { model: 'aligned', value: 0.3 },
  { model: 'tuned', value: 0.6, invalid: 2 },
  { model: 'other', value: 0.9 },
];

test('whole models stand above the projections, and beside them in the figure those that an update comes from', async () => {
  const files = evaluationFile(...models, point(0.35, { fraction: 0.25 }), point(0.5, { fraction: 0.75 }));
  const { section } = await sectionOf('behaviour', files, { updates });
  assert.equal(bodyRows(section), [
    ['base', '', '0 of 10', '0.100 0.050–0.200', ''],
    ['aligned', '', '0 of 10', '0.300', ''],
    ['tuned', '', '2 of 12', '0.600', ''],
    ['other', '', '0 of 10', '0.900', ''],
    ['useful', 'parallel', 'top-k', '1', '0 of 20', '', '0.350', '0.500'],
  ]);
  const labels = [...section.querySelectorAll('.panel svg text')].map(({ textContent }) => textContent);
  for (const name of ['base', 'aligned', 'tuned'])
    assert.ok(
      labels.some((label) => label.startsWith(name)),
      name,
    );
  assert.not.ok(labels.some((label) => label.startsWith('other')));
});

test('the value of a whole model stands in a column of its own, under no fraction', async () => {
  const { section } = await sectionOf('behaviour', evaluationFile(...models, point(0.35, { fraction: 0.25 })), {
    updates,
  });
  const heads = [...section.querySelectorAll('thead th')].map(spaced);
  assert.equal(heads.slice(-3), ['whole model', 'fraction ρ', '0.25']);
  const columns = (row: Element) =>
    [...row.querySelectorAll('th, td')].flatMap((cell) => {
      return [spaced(cell), ...Array<string>(Number(cell.getAttribute('colspan') ?? 1) - 1).fill('')];
    });
  const [base, , , , useful] = [...section.querySelectorAll('tbody tr')].map(columns);
  assert.equal(base, ['base', '', '', '', '0 of 10', '0.100 0.050–0.200', '']);
  assert.equal(useful, ['useful', 'parallel', 'top-k', '1', '0 of 10', '', '0.350']);
});

test('the ticks of a few small ranks are whole numbers, each once', async () => {
  const ticksOf = async (...ranks: readonly number[]) => {
    const files = evaluationFile(...models, ...ranks.map((rank) => point(0.5, { rank })));
    const { section } = await sectionOf('behaviour', files, { updates });
    const ticks = section.querySelectorAll('.panel svg g[data-mark="x-axis tick label"] text');
    return [...ticks].map(({ textContent }) => textContent);
  };
  assert.equal(await ticksOf(1), ['1', '2']);
  assert.equal(await ticksOf(2), ['1', '2']);
  assert.equal(await ticksOf(1, 4), ['1', '2', '5']);
  assert.equal(await ticksOf(6, 100), ['1', '2', '5', '10', '20', '50', '100']);
  assert.equal(await ticksOf(6, 4096), ['1', '10', '100', '1,000']);
});

test('ranks have a figure with a scale of logarithms and a table of their own', async () => {
  const ranked = [point(0.35, { rank: 6 }), point(0.5, { rank: 100 })];
  const { section, text } = await sectionOf('behaviour', evaluationFile(...models, ...ranked), { updates });
  assert.equal(bodyRows(section).at(-1), ['useful', 'parallel', 'top-k', '1', '0 of 20', '', '0.350', '0.500']);
  assert.match(text, 'Behaviour against the number of directions');
  assert.match(text, 'utility: update useful, parallel, by rank');
  assert.match(text, 'At k = 6:');
  assert.not.ok(text.includes('fraction ρ'));
  const places = [...section.querySelectorAll('.panel svg g[data-mark="dot"] circle')];
  const [left, right] = places.map((dot) => Number(dot.getAttribute('cx') ?? 0));
  const title = (dot: Element) => dot.querySelector('title')!.textContent;
  assert.equal(places.map(title), ['top-k, k = 6: 0.350', 'top-k, k = 100: 0.500']);
  // 440 wide with margins of 46 and 85: from 1 to 100 along log k.
  const width = 440 - 46 - 85;
  assert.ok(Math.abs(left! - (46 + (width * Math.log(6)) / Math.log(100))) < 0.1, String(left));
  assert.ok(Math.abs(right! - (46 + width)) < 0.1, String(right));
  const both = await sectionOf('behaviour', evaluationFile(...models, ...ranked, point(0.4)), { updates });
  assert.is(both.section.querySelectorAll('table').length, 2);
  assert.equal(bodyRows(both.section).length, 2 * (models.length + 1));
});

test('whole models stand in the order in which updates lead from one to the next, also where one leads back', async () => {
  const files = evaluationFile(...[...models].reverse());
  const order = async (led: ReportInput['params']['updates']) => {
    const { section } = await sectionOf('behaviour', files, { updates: led });
    return bodyRows(section).map(([name]) => name);
  };
  assert.equal(await order(updates), ['base', 'aligned', 'tuned', 'other']);
  const back = [...updates, { name: 'back', from: 'tuned', to: 'base' }];
  assert.equal((await order(back)).at(-1), 'other');
});

test('seeds become a mean with the span of their intervals, as one measurement alone has its own', async () => {
  const files = evaluationFile(
    point(0.2, { seed: 1, subspace: 'random', ci_low: 0.1, ci_high: 0.35 }),
    point(0.4, { seed: 2, subspace: 'random', ci_low: 0.3, ci_high: 0.45 }),
    point(0.5, { ci_low: 0.45, ci_high: 0.55 }),
    point(2, { seed: 1, subspace: 'random', metric: 'loss' }),
    point(4, { seed: 2, subspace: 'random', metric: 'loss' }),
    point(3, { metric: 'loss' }),
  );
  const { section, text } = await sectionOf('behaviour', files, { updates });
  assert.equal(bodyRows(section), [
    ['useful', 'parallel', 'random', '2', '0 of 20', '', '0.3000.100–0.450'],
    ['useful', 'parallel', 'top-k', '1', '0 of 10', '', '0.5000.450–0.550'],
    ['useful', 'parallel', 'random', '2', '0 of 20', '', '3.0002.000–4.000'],
    ['useful', 'parallel', 'top-k', '1', '0 of 10', '', '3.000'],
  ]);
  assert.match(
    text,
    'from the lowest end of any seed to the highest; of a loss, which has no such interval, the lowest and highest seed',
  );
});

test('what has no valid item is a dash and no point, and its invalid items are counted', async () => {
  const files = evaluationFile(
    point(null, { fraction: 0.25, n: 0, invalid: 10 }),
    point(0.5, { fraction: 0.75, n: 8, invalid: 2 }),
    { model: 'aligned', n: 0, invalid: 10 },
  );
  const { section, text } = await sectionOf('behaviour', files, { updates });
  assert.equal(bodyRows(section), [
    ['aligned', '', '10 of 10', '–', ''],
    ['useful', 'parallel', 'top-k', '1', '12 of 20', '', '–', '0.500'],
  ]);
  assert.is(section.querySelectorAll('.panel path, .panel circle').length > 0, true);
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('a share of highest scores has a table and no panel', async () => {
  const judged = ['harmfulness', 'harmfulness.share-of-5'];
  const files = evaluationFile(...judged.map((metric) => point(1, { metric })));
  const { section } = await sectionOf('behaviour', files, { updates, linked: ['items/harmfulness.jsonl'] });
  assert.is(section.querySelectorAll('.panel').length, 1);
  assert.equal([...section.querySelectorAll('.table h3')].map(spaced), [
    'harmfulness',
    'harmfulness: share of the highest score, 5',
  ]);
  const links = [...section.querySelectorAll('a')].map((link) => link.getAttribute('href'));
  assert.is(links.filter((link) => link === 'items/harmfulness.jsonl').length, 1);
});

test('named scores of a metric have tables after it, in their order; a point without a metric before it is a name', async () => {
  const metrics = ['arc', 'arc.acc_norm', 'arc.mc2', 'odd.name', '.x'];
  const { section } = await sectionOf('behaviour', evaluationFile(...metrics.map((metric) => point(1, { metric }))), { updates }); // biome-ignore format: one line
  const titles = [...section.querySelectorAll('.table h3')].map(spaced);
  assert.equal(titles, ['arc', 'arc: acc_norm', 'arc: mc2', 'odd.name', '.x']);
  assert.is(section.querySelectorAll('.panel').length, 3);
});

test('groups of a metric stand in one table, of whole models side by side, and in no figure', async () => {
  const row = (model: string, metric: string, value: number, n: number) => ({ model, metric, value, n, ci_low: value / 2, ci_high: 1 }); // biome-ignore format: one line
  const files = evaluationFile(
    ...['aligned', 'base'].flatMap((model, at) => [
      row(model, 'mmlu', 0.5, 9),
      row(model, 'mmlu/anatomy', 0.25 + at / 2, 4),
      row(model, 'mmlu/a.b/c', 0.5, 5),
    ]),
    point(0.5, { metric: 'mmlu' }),
    point(0.5, { metric: 'mmlu/anatomy' }),
  );
  const { section } = await sectionOf('behaviour', files, { updates });
  const tables = [...section.querySelectorAll('.table')];
  assert.equal(tables.map((table) => spaced(table.querySelector('h3')!)), ['mmlu', 'mmlu by group']); // biome-ignore format: one line
  assert.equal([...tables[1]!.querySelectorAll('thead th')].map(spaced), ['group', 'items', 'base', 'aligned']);
  assert.equal(bodyRows(tables[1]!), [
    ['anatomy', '4', '0.7500.375–1.000', '0.2500.125–1.000'],
    ['a.b/c', '5', '0.5000.250–1.000', '0.5000.250–1.000'],
  ]);
  assert.is(section.querySelectorAll('.panel').length, 1);
});

test('the first items of a metric stand side by side for the whole models, folded away, as text', async () => {
  const columns = ['metric', 'model', 'item', 'prompt', 'response', 'score'] as const;
  const sample = (model: string, item: number, response: string, score: number | null) => ({
    metric: 'utility',
    model,
    item,
    prompt: `question ${item}\n${hostile}`,
    response,
    score,
  });
  const samples = [sample('tuned', 0, hostile, 1), sample('tuned', 1, 'x', null), sample('base', 0, 'a\nb', 0)];
  const files = { ...evaluationFile(...models), 'samples.csv': writeCsv(columns, samples) };
  const { section, document } = await sectionOf('behaviour', files, { updates });
  const [details, ...others] = [...section.querySelectorAll('details.samples')];
  assert.equal(others, []);
  assert.not.ok(details!.hasAttribute('open'));
  const text = hostile.replaceAll(/\s+/g, ' ').trim();
  const shown = [...details!.querySelectorAll('.sample')].map((one) => ({
    prompt: spaced(one.querySelector('.prompt')!),
    answers: [...one.querySelectorAll('.answer')].map((answer) => [...answer.children].map(spaced)),
  }));
  assert.equal(shown, [
    { prompt: `question 0 ${text}`, answers: [['base 0', 'a b'], ['tuned 1', text]] },
    { prompt: `question 1 ${text}`, answers: [['tuned invalid', 'x']] },
  ]); // biome-ignore format: a prompt a line
  assert.match(spaced(details!.querySelector('.note')!), 'At most 20 prompts');
  assert.ok(isHarmless(document));
  const without = await sectionOf('behaviour', evaluationFile(...models), { updates });
  assert.is(without.section.querySelectorAll('details').length, 0);
});

test('long texts are shortened in the middle, and twenty items are enough', () => {
  const table = new SamplesTable();
  const long = `${'a'.repeat(5000)}${'b'.repeat(5000)}`;
  table.add(
    { metric: 'm', model: 'x' },
    Array.from({ length: 29 }, (_, item) => ({ prompt: long, response: `r${item}`, score: item })),
  );
  const lines = table.csv().trim().split('\n');
  assert.is(lines.length, 21);
  assert.is(lines[3], `m,x,2,${'a'.repeat(300)} … ${'b'.repeat(300)},r2,2`);
});

test('the same against energy is drawn where energy was measured', async () => {
  const energies = (...kept: string[]) =>
    `update,subspace,seed,mode,side,fraction,energy_kept,energy_realised,update_energy,cosine_projected,cosine_alignment,rank\n${kept.map((energy, index) => `useful,top-k,,parallel,right,${index},${energy},${energy},1,,,\n`).join('')}`;
  const files = evaluationFile(...models, point(0.4, { fraction: 0 }), point(0.5, { fraction: 1 }));
  const drawn = await sectionOf('behaviour', { ...files, 'energy.csv': energies('0.25', '0.5') }, { updates });
  assert.match(drawn.text, 'Behaviour against energy kept');
  const without = await sectionOf('behaviour', { ...files, 'energy.csv': energies('', '') }, { updates });
  assert.not.match(without.text, 'Behaviour against energy kept');
});

test('metrics of whole models alone make tables without figures', async () => {
  const { section } = await sectionOf('behaviour', evaluationFile(...models), { updates });
  assert.is(section.querySelectorAll('figure').length, 0);
  assert.equal(bodyRows(section)[0], ['base', '0 of 10', '0.100 0.050–0.200']);
});

test('names of metrics, models, updates and subspaces are text', async () => {
  const files = evaluationFile(
    { model: hostile, metric: hostile, value: 1 },
    point(0.5, { metric: hostile, update: hostile, subspace: hostile, mode: hostile, side: hostile }),
  );
  const params = { updates: [{ name: hostile, from: hostile, to: 'tuned' }], linked: [`items/${hostile}.jsonl`] };
  assert.ok(isHarmless((await sectionOf('behaviour', files, params)).document));
});

test('tables and samples call things as the workflow does, too', async () => {
  const files = evaluationFile(...models, point(0.35, { fraction: 0.25 }));
  const samples = new SamplesTable();
  samples.add({ metric: 'utility', model: 'tuned' }, [{ prompt: 'Why?', response: 'Because.', score: 1 }]);
  const names = { tuned: 'Tuned', useful: 'Fine-tuning', 'top-k': 'Top-K', utility: 'GSM8K' };
  const { section } = await sectionOf(
    'behaviour',
    { ...files, 'samples.csv': samples.csv() },
    { updates, style: { names } },
  );
  const rows = bodyRows(section);
  assert.is(rows[2]![0], 'Tuned');
  assert.equal(rows[4]!.slice(0, 3), ['Fine-tuning', 'parallel', 'Top-K']);
  assert.not.match(section.textContent, /\b(useful|top-k)\b/);
  assert.match(spaced(section.querySelector('.samples summary')!), 'prompts and responses of GSM8K');
  assert.match(spaced(section.querySelector('.samples dt')!), 'Tuned');
});

test('names beside the axes have the room that they take, up to a limit, and are whole under the pointer', async () => {
  const wide = 'MMMMMMMMMMMM';
  const long = 'a model that was trained with a name which nobody wants to read beside axes';
  const files = evaluationFile(...models, point(0.35, { fraction: 0.25 }));
  for (const name of [wide, long]) {
    const style = { names: { tuned: name } };
    const { section } = await sectionOf('behaviour', files, { updates, style });
    const labels = [...section.querySelectorAll('.panel svg text')].map(({ firstChild }) => firstChild!.textContent!);
    const label = labels.find((text) => text.startsWith(name.slice(0, 8)))!;
    if (name === wide) assert.is(label, name);
    else assert.match(label, /…$/);
    const titles = [...section.querySelectorAll('.panel svg title')].map(({ textContent }) => textContent);
    assert.ok(titles.includes(`${name}: 0.600`), titles.join('|'));
  }
});

test('bounds of a metric are told by its values, and by a judge’s share of highest scores', () => {
  const bounds = (...rows: Row[]) =>
    boundsOf(String(rows[0]!.metric ?? 'utility'), readEvaluation(new Map(Object.entries(evaluationFile(...rows)))));
  assert.equal(bounds(point(0.5)), { least: 0, most: 1 });
  assert.equal(bounds(point(2.5)), { least: 0 });
  assert.equal(bounds(point(-1)), {});
  assert.equal(bounds(point(1, { metric: 'h' }), point(0, { metric: 'h.share-of-5' })), { least: 1, most: 5 });
});

test('beside an update stand the models that it comes from, however far back, and the one that it makes', () => {
  const beside = (name: string) => modelsBeside(name, { params: { updates } } as unknown as ReportInput);
  assert.equal(beside('useful'), ['base', 'aligned', 'tuned']);
  assert.equal(beside('alignment'), ['base', 'aligned']);
  assert.equal(beside('unknown'), []);
});

test.run();
