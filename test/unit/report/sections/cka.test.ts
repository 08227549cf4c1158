import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyRows, hostile, isHarmless, sectionOf } from './one-section.js';

const header = 'pair,prompts,layer,cka,n,d_a,d_b,metric,in_window';
const likeness = (...rows: string[]) => ({ 'cka.csv': `${[header, ...rows].join('\n')}\n` });

test('means are over the layers of the window that have a CKA; the number of prompts is told', async () => {
  const { section, text } = await sectionOf(
    'cka',
    likeness(
      'a:b,p,0,,20,64,64,seen,1',
      'a:b,p,1,0.5,20,64,64,seen,0',
      'a:b,p,2,0.75,20,64,64,seen,1',
      'a:b,p,3,0.25,20,64,64,seen,1',
    ),
  );
  assert.equal(bodyRows(section), [['p', 'a – b', '20', '2', '0.5000.250–0.750']]);
  assert.match(text, 'Here n is 20 and d is 64.');
  assert.match(section.querySelector('.panel')!.textContent, 'layer 1: 0.500\n20 prompts, widths 64 and 64');
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test('enough prompts are not warned of, and states without a CKA have no figure', async () => {
  const { text } = await sectionOf('cka', likeness('a:b,p,1,0.5,200,64,64,seen,1'));
  assert.not.match(text, 'Here n is');
  const { section } = await sectionOf('cka', likeness('a:b,p,0,,20,64,64,seen,1'));
  assert.is(section.querySelectorAll('svg').length, 0);
  assert.equal(bodyRows(section), [['p', 'a – b', '20', '0', '–']]);
});

test('names are text', async () => {
  const name = JSON.stringify(hostile).replaceAll('\\"', '""');
  const { document } = await sectionOf('cka', likeness(`${name},${name},1,1,1,1,1,${name},1`, `x:y,z,1,1,1,1,1,m,1`));
  assert.ok(isHarmless(document));
});

test.run();
