import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyRows, hostile, isHarmless, sectionOf } from './one-section.js';

const header =
  'update,tensor,rank,rank_max,effective_rank,stable_rank,participation_ratio,frobenius_norm,spectral_norm';
const spectrum = (...rows: string[]) => ({ 'spectrum.csv': `${[header, ...rows].join('\n')}\n` });

test('means are over the matrices that an update changes; vectors and unchanged ones have no part in them', async () => {
  const { section, text } = await sectionOf(
    'spectrum',
    spectrum(
      'u,,9,22,7,2,4,5,2',
      'u,model.layers.0.a.weight,4,8,2,1.5,1.75,3,2',
      'u,model.layers.1.a.weight,4,8,4,2.5,3.25,3,2',
      'u,model.layers.2.a.weight,0,5,,,,0,0',
      'u,model.norm.weight,1,1,1,1,1,1,1',
    ),
  );
  assert.equal(bodyRows(section), [['u', '2', '3', '0.375', '2', '2.5', '7', '22', '5']]);
  const titles = [...section.querySelectorAll('svg title')].map(({ textContent }) => textContent).join('|');
  assert.match(titles, 'model.layers.1.a.weight\neffective rank 4 of 8\nstable rank 2.5\nparticipation ratio 3.25');
  assert.match(titles, 'model.layers.2.a.weight\nnot changed by the update');
  assert.not.match(titles, 'norm.weight');
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('an update that is zero has no figure and no means', async () => {
  const { section } = await sectionOf('spectrum', spectrum('z,,0,9,,,,0,0', 'z,w,0,8,,,,0,0'));
  assert.equal(bodyRows(section), [['z', '0', '–', '–', '–', '–', '–', '9', '0']]);
  assert.is(section.querySelectorAll('svg').length, 0);
});

test('names are text', async () => {
  const name = JSON.stringify(hostile).replaceAll('\\"', '""');
  const { document } = await sectionOf('spectrum', spectrum(`${name},,1,2,1,1,1,1,1`, `${name},${name},1,2,1,1,1,1,1`));
  assert.ok(isHarmless(document));
});

test.run();
