import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyRows, hostile, isHarmless, sectionOf } from './one-section.js';

const header = 'pair,tensor,energy,k_a,k_b,d,smallest,largest,mean_cos_squared,grassmann,chordal';
const angles = (...rows: string[]) => ({ 'angles.csv': `${[header, ...rows].join('\n')}\n` });
const [right, half] = [Math.PI / 2, Math.PI / 4];

test('angles are shown in degrees, means over the tensors that both updates change', async () => {
  const { section, text } = await sectionOf(
    'angles',
    angles(
      `a:b,model.layers.0.w.weight,0.5,2,3,8,${half},${half},0.5,${half * Math.SQRT2},1`,
      `a:b,model.layers.1.w.weight,0.5,1,1,8,${right},${right},0,${right},1`,
      'a:b,model.layers.2.w.weight,0.5,0,3,8,,,,,',
      `a:b,model.layers.0.w.weight,0.9,4,4,8,0,0,1,0,0`,
    ),
  );
  const grassmann = ((half * Math.SQRT2 + right) / 2).toPrecision(3);
  assert.equal(bodyRows(section), [
    ['a – b', '0.5', '2', '67.5', '67.5', '67.5', grassmann, '1'],
    ['a – b', '0.9', '1', '0', '0', '0', '0', '0'],
  ]);
  const titles = [...section.querySelectorAll('svg title')].map(({ textContent }) => textContent).join('|');
  assert.match(titles, 'a – b, η = 0.5\nroot mean square 67.5°\nsmallest 67.5°, largest 67.5°');
  assert.match(titles, 'model.layers.1.w.weight\nranks 1 and 1 of 8\nroot mean square 90°');
  assert.match(titles, 'model.layers.2.w.weight\nnot changed by both updates');
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('pairs without directions have no figure', async () => {
  const { section } = await sectionOf('angles', angles('a:z,w,0.5,1,0,8,,,,,'));
  assert.is(section.querySelectorAll('svg').length, 0);
  assert.equal(bodyRows(section), []);
});

test('names are text', async () => {
  const name = JSON.stringify(hostile).replaceAll('\\"', '""');
  const { document } = await sectionOf('angles', angles(`${name},${name},0.5,1,1,8,1,1,0.3,1,0.8`));
  assert.ok(isHarmless(document));
});

test.run();
