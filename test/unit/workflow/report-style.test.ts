import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { load, problems, screen } from './loading.js';

/** How a workflow wants its figures and tables. */

const text = (report: string) => ({
  'lab/main.yaml': `runflow: 1
models:
  base: { path: base }
  aligned: { path: aligned }
  tuned: { path: tuned }
updates:
  safety: { from: base, to: aligned }
  tuning: { from: aligned, to: tuned }
metrics:
  alike: { kind: mso, pairs: [[tuning, safety]], energies: [0.5] }
report: ${report}
`,
});

test('a report says how wide figures are, and what things are called, look like and follow', async () => {
  const { report } = await load(
    text(
      '{ columns: 1, names: { safety: Safety, "tuning:safety": Both }, colors: { "tuning:safety": "#AA0011" }, order: [tuning], limits: { alike: [0, 1], eta: [0, 1] } }',
    ),
  );
  assert.is(report.columns, 1);
  assert.equal(report.style, {
    names: { safety: 'Safety', 'tuning:safety': 'Both' },
    colors: { 'tuning:safety': '#AA0011' },
    order: ['tuning'],
    limits: { alike: [0, 1], eta: [0, 1] },
  });
});

test('without a word figures are two columns wide, and nothing has another look', async () => {
  const { report } = await load(text('{ title: Plain }'));
  assert.equal([report.columns, report.style], [2, {}]);
});

const place = (message: string) => `lab/main.yaml:${message}`;

test('what is not of the workflow, or cannot be told apart or drawn, is refused with its place', async () => {
  const cases: readonly [string, string][] = [
    ['{ names: { safty: Safety } }', '11:27: nothing in this workflow that figures or tables show is called "safty"'],
    ['{ colors: { "tuning:safty": "#000000" } }', '"safty"'],
    ['{ order: [tuning, other] }', ': nothing in this workflow that figures or tables show is called "other"'],
    ['{ names: { safety: tuning } }', 'safety would be called "tuning", as tuning is: the two could not be told apart'],
    ['{ names: { safety: One, tuning: One } }', 'tuning would be called "One", as safety is'],
    [
      '{ limits: { elsewhere: [0, 1] } }',
      'no axis shows "elsewhere": it is no metric, and none of the other quantities',
    ],
    ['{ limits: { overlap: [1, 0] } }', 'an axis cannot go from 1 to 0'],
    ['{ limits: { rank: [0, 10] } }', 'the axis of ranks has a scale of logarithms: it cannot begin at 0'],
    ['{ colors: { safety: red } }', 'report.colors.safety'],
    ['{ limits: { overlap: [0] } }', 'report.limits.overlap'],
    ['{ columns: 3 }', 'report.columns'],
    ['{ formats: [gif] }', 'report.formats'],
    ['{ best: { alik: highest } }', 'there is no metric "alik"'],
    ['{ best: { alike: most } }', 'report.best.alike'],
    ['{ table-formats: [html] }', 'report.table-formats'],
  ];
  for (const [report, message] of cases) {
    const found = await problems(text(report));
    assert.is(found.length, 1, `${report}: ${found.join('; ')}`);
    assert.ok(found[0]!.startsWith(place('11:')), found[0]);
    assert.ok(found[0]!.includes(message), `${found[0]} lacks ${message}`);
  }
});

test('a text that is too long or too short, and a colour that is none, are told with what they must be', async () => {
  const hints: readonly [string, RegExp][] = [
    ['{ names: { safety: "" } }', /report\.names\.safety is too short: ""[\s\S]*It must have at least 1 character\./],
    [`{ names: { safety: ${'x'.repeat(81)} } }`, /is too long: [\s\S]*It must have at most 80 characters\./],
    ['{ colors: { safety: nocolor } }', /report\.colors\.safety cannot be "nocolor"[\s\S]*For example: "#0069a8"/],
  ];
  for (const [report, told] of hints) assert.match(await screen(text(report)), told);
});

test.run();
