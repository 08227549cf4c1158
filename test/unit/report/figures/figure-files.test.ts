import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../../../src/formats/digest.js';
import { figureFiles } from '../../../../src/report/figures/figure-files.js';
import { reportPage } from '../../../../src/report/page.js';
import type { ReportInput } from '../../../../src/report/section.js';
import { figureNames, type ReportStyle, reportPartNames } from '../../../../src/workflow/report.js';
import { exampleReport } from '../example.js';

interface Choice {
  readonly columns?: 1 | 2;
  readonly parts?: readonly string[];
}

async function svgsOf(
  input: ReportInput,
  { columns = 2, parts = reportPartNames }: Choice = {},
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { file, bytes } of figureFiles(input, { parts, columns, formats: ['svg'] }))
    files.set(file.replace(/\.svg$/, ''), new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  return files;
}

function pageOf(input: ReportInput): Promise<string> {
  const digests = new Map([...input.files].map(([file, text]) => [file, digestOf(text)]));
  return reportPage(input, { digests, version: '1.2.3' });
}

/** The report of energies alone. */
const styled = (style: ReportStyle): ReportInput => {
  const input = exampleReport();
  return { ...input, params: { ...input.params, figures: ['energy'], tables: ['energy'], style } };
};

const energy = { parts: ['energy'] };
/** Drawn once for all tests that only look at it. */
const example = exampleReport();
const files = { 1: await svgsOf(example, { columns: 1 }), 2: await svgsOf(example) };

/** The files of a figure, by its name: one, or numbered parts. */
function partsOf(columns: 1 | 2, name: string): string[] {
  const own = new RegExp(`^${name}(-\\d+)?$`);
  return [...files[columns]].filter(([file]) => own.test(file)).map(([, text]) => text);
}

const namesIn = (columns: 1 | 2) => [...new Set([...files[columns].keys()].map((file) => file.replace(/-\d+$/, '')))];

/** Geometry of all shapes and texts: what is drawn, whatever it is coloured with. */
function shapesOf(element: Element): string[] {
  const geometry = ['d', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'transform', 'dy'];
  const shapes = [...element.querySelectorAll('path, circle, rect, line, text, tspan')];
  return shapes.map((shape) => {
    const values = geometry.map((name) => shape.getAttribute(name) ?? '');
    return [shape.localName, ...values, shape.textContent].join('|');
  });
}

test('every figure of the page is in files of its name, with the same drawings, title, legend and panel titles', async () => {
  const { document } = parseHTML(await pageOf(example));
  const onPage = [...document.querySelectorAll('figure')];
  for (const sheet of document.querySelectorAll('svg style')) sheet.remove();
  const words = (element: Element) => element.textContent.replaceAll(/\s+/g, '');
  for (const columns of [1, 2] as const) {
    assert.equal(
      onPage.map(({ id }) => id),
      namesIn(columns).map((name) => `figure-${name}`),
    );
    for (const figure of onPage) {
      const parts = partsOf(columns, figure.id.slice('figure-'.length)).map((text) => parseHTML(text).document);
      const drawn = new Set(parts.flatMap((part) => shapesOf(part.documentElement)));
      for (const shape of [...figure.querySelectorAll('.panel svg, .legend svg')].flatMap(shapesOf))
        assert.ok(drawn.has(shape), `${figure.id}: ${shape}`);
      const all = parts.map((part) => words(part.documentElement));
      for (const text of figure.querySelectorAll('h4'))
        assert.ok(all.join('').includes(words(text)), `${figure.id}: ${text.textContent}`);
      for (const text of figure.querySelectorAll('h3, .legend li, .dashed-note, .heat-legend span'))
        for (const part of all) assert.ok(part.includes(words(text)), `${figure.id}: ${text.textContent}`);
    }
  }
});

test('a figure that is higher than a page is numbered parts, each of which fits', () => {
  let divided = 0;
  for (const columns of [1, 2] as const) {
    for (const name of namesIn(columns)) {
      const parts = partsOf(columns, name);
      if (parts.length > 1) divided++;
      for (const [index, text] of parts.entries()) {
        const [, height] = /height="([\d.]+)in"/.exec(text)!;
        assert.ok(Number(height) <= 9, `${name}: ${height} in`);
        const title = new RegExp(`<title>[^<]* \\(${index + 1} of ${parts.length}\\)</title>`);
        if (parts.length > 1) assert.match(text, title);
        else assert.not.match(text, /<title>[^<]* \(\d+ of \d+\)<\/title>/);
      }
    }
  }
  assert.ok(divided > 1);
});

test('a file stands by itself: XML with sizes in print, no variable, style, link or script', async () => {
  for (const columns of [1, 2] as const) {
    for (const [name, text] of files[columns]) {
      assert.match(text, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
      assert.match(text, `width="${columns === 1 ? 3.25 : 6.75}in"`, name);
      assert.not.match(text, /var\(|currentColor|<style|<script|href|class=|NaN|undefined/, name);
    }
  }
});

test('nothing begins outside of a file, in one column or in two', async () => {
  for (const columns of [1, 2] as const) {
    for (const [name, text] of files[columns]) {
      const { document } = parseHTML(text);
      const [, , width, height] = document.querySelector('svg')!.getAttribute('viewBox')!.split(' ').map(Number);
      for (const group of document.querySelectorAll('svg > g, svg > text')) {
        const moved = /translate\(([\d.]+),([\d.]+)\)/.exec(group.getAttribute('transform') ?? '');
        const [x, y] = moved ? [moved[1], moved[2]] : [group.getAttribute('x'), group.getAttribute('y')];
        assert.ok(Number(x) < width! && Number(y) < height!, `${name}: ${x} ${y} of ${width} ${height}`);
      }
    }
  }
});

test('figures have names that the language knows, and none that a part of another may have', async () => {
  const names = namesIn(2);
  for (const name of names) assert.ok((figureNames as readonly string[]).includes(name), name);
  for (const name of figureNames) assert.not.match(name, /-\d+$/);
});

test('the same input gives the same bytes, whatever was drawn before', async () => {
  const parts = ['energy', 'behaviour'];
  const first = await svgsOf(exampleReport(1), { parts });
  assert.equal(await svgsOf(exampleReport(1), { parts }), first);
});

const hostile = `</svg><script>alert(1)</script>" onload='x' &amp; ]]> <!-- \u0000\u0008\ud800`;

test('names are text in a file, whatever they hold, and what XML cannot hold is replaced', async () => {
  const input = styled({ names: { useful: hostile } });
  for (const [name, text] of await svgsOf(input, energy)) {
    const { document } = parseHTML(text);
    assert.is(document.querySelectorAll('script').length, 0, name);
    for (const element of document.querySelectorAll('*'))
      for (const attribute of element.getAttributeNames()) assert.not.match(attribute, /^on/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.not.match(text, /[\u0000-\u0008\ud800-\udfff]/u);
  }
});

test('display names, colours and order are on the page and in the files', async () => {
  const input = styled({ names: { 'top-k': 'Leading' }, colors: { random: '#123456' }, order: ['random', 'top-k'] });
  const text = (await svgsOf(input, energy)).get('energy')!;
  const { document } = parseHTML(text);
  const legend = [...document.querySelectorAll('svg > text')].map(({ textContent }) => textContent).slice(1, 4);
  assert.equal(legend, ['random', 'Leading', 'random-k']);
  assert.match(text, 'stroke="#123456"');
  assert.not.match(text, />top-k[<,]/);
  const page = parseHTML(await pageOf(input)).document;
  for (const sheet of page.querySelectorAll('svg style')) sheet.remove();
  const shown = [...page.querySelectorAll('#figure-energy .legend li')].map(({ textContent }) => textContent.trim());
  assert.equal(shown, legend);
  const rows = [...page.querySelectorAll('#energy tbody tr')].map((row) => row.children[2]!.textContent);
  assert.equal(rows, [...legend, ...legend]);
});

test('a series keeps its look when another is moved before it', async () => {
  const looks = async (style: ReportStyle) => {
    const { document } = parseHTML(await pageOf(styled(style)));
    const entries = [...document.querySelectorAll('#figure-energy .legend li')];
    return entries.map((li) => [li.lastChild!.textContent, li.querySelector('path')!.parentElement!.innerHTML]).sort();
  };
  assert.equal(await looks({ order: ['random'] }), await looks({}));
});

test('limits widen axes, and limits that would lose something are refused by name', async () => {
  const widened = (await svgsOf(styled({ limits: { energy: [0, 2] } }), energy)).get('energy')!;
  assert.match(widened, />2\.0</);
  try {
    await svgsOf(styled({ limits: { energy: [0, 0.5] } }), energy);
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^report\.limits\.energy goes from 0 to 0\.5, and "Update useful, parallel" shows /,
    );
  }
});

test.run();
