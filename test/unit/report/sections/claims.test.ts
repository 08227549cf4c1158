import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyRows, hostile, isHarmless, sectionOf, spaced } from './one-section.js';

const header = 'claim,kind,case,verdict,effect,ci_low,ci_high,n,holds_above,holds_below,note';
const claims = (...rows: string[]) => ({ 'claims.csv': `${[header, ...rows].join('\n')}\n` });

test('claims come first on the page after the summary, each with verdict, effect, interval, n and condition in words', async () => {
  const { section, document } = await sectionOf(
    'claims',
    claims(
      'a,above-baseline,,holds,0.3,0.25,0.35,33,0,,n counts tensors',
      'b,linear-energy,,fails,0.2,0.1,0.25,14,,0.05,',
      'c,falling-together,,undecided,-0.02,-0.12,0.08,400,-0.1,0.1,',
      'd,highest-pair,,undecided,,,,0,0,,no overlap was measured',
      'e,stronger-than-random,,no information,,,,90,0,,harm is the same for every item and projection',
    ),
  );
  assert.is(document.querySelector('section:not(#summary)')!.id, 'claims');
  assert.equal(bodyRows(section.querySelector('.table')!), [
    ['a', '✓ holds', '0.3', '0.25–0.35', '33', 'above 0', 'n counts tensors'],
    ['b', '✗ fails', '0.2', '0.1–0.25', '14', 'at or below 0.05', ''],
    ['c', '? undecided', '−0.02', '−0.12 to 0.08', '400', 'between −0.1 and 0.1', ''],
    ['d', '? undecided', '–', 'not measured', '0', 'above 0', 'no overlap was measured'],
    ['e', '∅ no information', '–', '–', '90', 'above 0', 'harm is the same for every item and projection'],
  ]);
});

test('cases lie beneath their claim, out of sight until they are asked for', async () => {
  const { section } = await sectionOf(
    'claims',
    claims(
      'a,above-baseline,,fails,-0.1,-0.2,-0.05,9,0,,',
      'a,above-baseline,x:y,fails,-0.1,-0.2,-0.05,9,0,,',
      'a,above-baseline,y:z,holds,0.1,0.05,0.2,9,0,,',
    ),
  );
  const details = section.querySelector('details')!;
  assert.not.ok(details.hasAttribute('open'));
  assert.is(spaced(details.querySelector('summary')!), 'a: 2 cases (1 fails, 1 holds)');
  assert.match(spaced(details), 'Effect: overlap minus what two random subspaces of the same sizes give');
  assert.equal(
    bodyRows(details).map(([name, verdict]) => [name, verdict]),
    [
      ['x – y', '✗ fails'],
      ['y – z', '✓ holds'],
    ],
  );
  assert.match(section.querySelector('figure svg')!.textContent, '✗ x – y');
});

test('a case without an interval is drawn all the same, with why in its place', async () => {
  const why = 'n counts tensors: too few to decide, it takes 6';
  const { section } = await sectionOf(
    'claims',
    claims(
      `a,above-baseline,,undecided,0.3,,,5,0,,"${why}"`,
      `a,above-baseline,x:y,undecided,0.3,,,5,0,,"${why}"`,
      'a,above-baseline,y:z,holds,0.1,0.05,0.2,9,0,,n counts tensors',
    ),
  );
  const texts = [...section.querySelectorAll('figure svg text')].map(({ textContent }) => textContent);
  assert.ok(
    texts.some((text) => text.startsWith('? x – y')),
    texts.join('|'),
  );
  assert.ok(
    texts.some((text) => text.startsWith(why.slice(0, 30))),
    texts.join('|'),
  );
  assert.not.ok(texts.some((text) => text === 'n counts tensors'));
  assert.match(section.textContent, /Where an interval does not exist, the row says why/);
});

test('why there is no interval stands whole beside the effect, however long it is, and hides no point', async () => {
  const why = 'the whole update moves utility by -0.0300, which is within noise: there is no direction to count in';
  const leftOut = `${why}; 12 of 200 items of utility are left out: some model has no valid score for them`;
  const { section } = await sectionOf(
    'claims',
    claims(
      `a,stronger-than-random,,undecided,0.3,,,5,0,,"${why}"`,
      `a,stronger-than-random,x:y,undecided,0.3,,,5,0,,"${leftOut}"`,
      'a,stronger-than-random,y:z,holds,0.1,0.05,0.2,9,0,,',
    ),
  );
  const note = [...section.querySelectorAll('figure svg text')].find(({ textContent }) => textContent.startsWith('the whole'))!; // biome-ignore format: one line
  const lines = [...note.querySelectorAll('tspan')].map((line) => line.textContent.replace(leftOut, ''));
  assert.is(lines.join(' ').trim(), leftOut);
  assert.ok(lines.length >= 3);
  const top = Number(/translate\([^,]+,([\d.]+)\)/.exec(note.getAttribute('transform')!)![1]);
  const point = Number(section.querySelector('figure svg circle')!.getAttribute('cy'));
  assert.ok(point > top + 14 * lines.length - 4, `${point} lies behind the note from ${top} on`);
});

test('a verdict or kind of claim that the page does not know is shown as it is', async () => {
  const { section, text } = await sectionOf(
    'claims',
    claims('a,new-kind,,surprising,1,1,1,1,,,', 'a,new-kind,x,,1,,,0,,,'),
  );
  assert.equal(bodyRows(section)[0], ['a', 'surprising', '1', '1–1', '1', '–', '']);
  assert.match(text, 'Kind: new-kind.');
});

test('names of claims and cases are text', async () => {
  const name = JSON.stringify(hostile).replaceAll('\\"', '""');
  const { section, document } = await sectionOf(
    'claims',
    claims(
      `${name},${name},,${name},1,0,2,3,0,,${name}`,
      `${name},${name},${name},holds,1,0,2,3,0,,`,
      `${name},${name},${name},undecided,1,,,3,0,,${name}`,
    ),
  );
  assert.ok(isHarmless(document));
  assert.is(section.querySelector('h4')!.textContent, hostile);
});

test('a workflow whose claims have no rows makes an empty section', async () => {
  const { section } = await sectionOf('claims', claims());
  assert.equal([bodyRows(section), section.querySelectorAll('svg').length], [[], 0]);
});

test('names of the report stand in cases of every kind, and words between them stay', async () => {
  const cases = [
    ['above-baseline', 'useful:alignment in base', 'Stage 2: useful – Alignment in Base'],
    ['highest-pair', 'useful:alignment above in:x', 'Stage 2: useful – Alignment above Inside – x'],
    ['linear-energy', 'useful in top-k', 'Stage 2: useful in Top-K'],
    [
      'falling-together',
      'useful, top-k: harm falls as utility does',
      'Stage 2: useful, Top-K: harm falls as GSM8K does',
    ],
    ['stronger-than-random', 'useful: top-k above random', 'Stage 2: useful: Top-K above random'],
  ];
  const names = {
    useful: 'Stage 2: useful',
    alignment: 'Alignment',
    base: 'Base',
    'top-k': 'Top-K',
    utility: 'GSM8K',
    in: 'Inside',
  };
  const rows = cases.flatMap(([kind, text]) => [
    `${kind},${kind},,holds,0.3,0.2,0.4,9,0,,`,
    `${kind},${kind},"${text}",holds,0.3,0.2,0.4,9,0,,`,
  ]);
  const { section } = await sectionOf('claims', claims(...rows), { style: { names } });
  const shown = [...section.querySelectorAll('details')].map((details) => bodyRows(details)[0]![0]);
  assert.equal(
    shown,
    cases.map(([, , text]) => text),
  );
  const drawn = [...section.querySelectorAll('figure svg text')].map(({ textContent }) => textContent);
  for (const [, , text] of cases)
    assert.ok(
      drawn.some((one) => one.startsWith(`✓ ${text!.slice(0, 24)}`)),
      text,
    );
});

test.run();
