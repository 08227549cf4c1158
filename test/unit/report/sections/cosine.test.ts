import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyRows, hostile, isHarmless, sectionOf } from './one-section.js';

const header = 'pair,tensor,cosine,sign_agreement,changed_by_both,elements,norm_a,norm_b';
const cosines = (...rows: string[]) => ({ 'cosine.csv': `${[header, ...rows].join('\n')}\n` });

test('the table has the whole model and the tensors that both change; the figure tells signs apart', async () => {
  const { section, text } = await sectionOf(
    'cosine',
    cosines(
      'a:b,,0.25,0.625,8,16,2,3',
      'a:b,model.layers.0.w.weight,0.5,0.75,4,4,1,2',
      'a:b,model.layers.1.w.weight,-0.125,0.25,4,4,1,2',
      'a:b,model.layers.2.w.weight,,,0,8,0,1',
    ),
  );
  assert.equal(bodyRows(section), [['a – b', '0.250', '0.188−0.125 to 0.500', '2', '0.625', '0.500', '2', '3']]);
  const titles = [...section.querySelectorAll('svg title')].map(({ textContent }) => textContent).join('|');
  assert.match(titles, 'cosine −0.125\n4 of 4 elements changed by both, 0.250 of them with the same sign');
  assert.match(titles, 'model.layers.2.w.weight\nnot changed by both updates');
  const fills = [...section.querySelectorAll('.panel rect[fill-opacity]')].map((cell) => [
    cell.getAttribute('fill'),
    Number(cell.getAttribute('fill-opacity')),
  ]);
  const max = 0.5;
  assert.equal(fills, [
    ['var(--heat)', 0.5 / max],
    ['var(--heat-negative)', 0.125 / max],
  ]);
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('an update that is zero has no cosine and no figure', async () => {
  const { section } = await sectionOf('cosine', cosines('a:z,,,,0,4,1,0', 'a:z,w,,,0,4,1,0'));
  assert.equal(bodyRows(section), [['a – z', '–', '–', '0', '–', '0.000', '1', '0']]);
  assert.is(section.querySelectorAll('svg').length, 0);
});

test('names are text', async () => {
  const name = JSON.stringify(hostile).replaceAll('\\"', '""');
  const { document } = await sectionOf('cosine', cosines(`${name},,1,1,1,1,1,1`, `${name},${name},1,1,1,1,1,1`));
  assert.ok(isHarmless(document));
});

test.run();
