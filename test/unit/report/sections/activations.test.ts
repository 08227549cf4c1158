import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyRows, hostile, isHarmless, sectionOf, spaced } from './one-section.js';

const header = 'model,pair,layer,energy,k_a,k_b,d,overlap,baseline,metric,in_window';
const activations = (...rows: string[]) => ({ 'activations.csv': `${[header, ...rows].join('\n')}\n` });

test('means are over the layers of the window; all layers are in the figure by layer', async () => {
  const { section, text } = await sectionOf(
    'activations',
    activations(
      'm,a:b,0,0.5,1,1,8,0.9,0.125,act,0',
      'm,a:b,1,0.5,1,1,8,0.4,0.125,act,1',
      'm,a:b,2,0.5,2,1,8,0.6,0.25,act,1',
      'm,a:b,1,0.9,3,3,8,0.8,0.375,act,1',
    ),
  );
  assert.equal(bodyRows(section), [['m', 'a – b', '2', '0.5000.188', '0.8000.375']]);
  assert.match(text, 'At η = 0.5: Model m: a – b 0.500 (by chance 0.188)');
  assert.match(
    section.querySelectorAll('.panel')[1]!.textContent,
    'layer 0: 0.900, by chance 0.125 (ranks 1 and 1 of 8)',
  );
});

test('prompts that activate nothing have no overlap and no part in a mean', async () => {
  const { section, text } = await sectionOf(
    'activations',
    activations('m,a:b,1,0.5,0,1,8,,,act,1', 'm,a:b,2,0.5,1,1,8,0.4,0.125,act,1'),
  );
  assert.equal(bodyRows(section), [['m', 'a – b', '1', '0.4000.125']]);
  assert.not.match(text, /NaN|undefined|Infinity/);
  const nothing = await sectionOf('activations', activations('m,a:b,1,0.5,0,1,8,,,act,1'));
  assert.is(nothing.section.querySelectorAll('svg, table').length, 0);
});

test('metrics are told apart where there are two', async () => {
  const row = 'm,a:b,1,0.5,1,1,8,0.4,0.125';
  const { section } = await sectionOf('activations', activations(`${row},first,1`, `${row},second,1`));
  const titles = [...section.querySelectorAll('h4')].map(spaced);
  assert.equal(titles, ['Model m, first', 'Model m, second', 'Model m, first', 'Model m, second']);
  assert.equal(
    bodyRows(section).map(([name]) => name),
    ['m, first', 'm, second'],
  );
});

test('names are text', async () => {
  const name = JSON.stringify(hostile).replaceAll('\\"', '""');
  const { document } = await sectionOf(
    'activations',
    activations(`${name},${name},1,0.5,1,1,8,0.4,0.125,a,1`, `${name},x:y,1,0.5,1,1,8,0.4,0.125,${name},1`),
  );
  assert.ok(isHarmless(document));
});

test.run();
