import type { Page } from 'puppeteer-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportPage } from '../../../src/report/page.js';
import { browserTest, seriousFindings } from '../../chromium.js';
import { exampleReport } from './example.js';

/** A4 without margins of 1 cm, at 96 dots an inch. */
const paper = { width: 718, height: 1047 };
const desk = { width: 1280 };
const phone = { width: 390 };

const example = () => reportPage(exampleReport(28), { digests: new Map(), version: '1.2.3' });

browserTest('the report fits a desk and a phone, light and dark, and no column is lost', async (chromium) => {
  const html = await example();
  for (const screen of [desk, phone, { ...desk, dark: true }, { ...phone, dark: true }]) {
    const { page, trouble } = await chromium.open(html, screen);
    await openAll(page);
    const found = await layoutOf(page);
    const where = JSON.stringify(screen);
    assert.ok(found.styled, 'the content security policy lets the style sheet through');
    assert.ok(found.pageWidth <= screen.width, `${found.pageWidth} px wide: ${where}`);
    assert.equal(found.lost, [], where);
    assert.equal(found.hiddenScroll, [], where);
    assert.ok(found.figures.length >= 30);
    for (const { title, width, drawn } of found.figures) {
      assert.ok(width >= 250, `${title} is ${width} px wide: ${where}`);
      assert.ok(drawn > 0, `${title} is empty: ${where}`);
    }
    assert.is(found.figuresSideBySide, screen.width > 1000);
    assert.equal(trouble, [], where);
    await page.close();
  }
});

browserTest('axe-core finds nothing serious, light and dark', async (chromium) => {
  const html = await reportPage(exampleReport(1), { digests: new Map(), version: '1.2.3' });
  for (const screen of [phone, { ...desk, dark: true }]) {
    const { page } = await chromium.open(html, screen);
    await openAll(page);
    assert.equal(await seriousFindings(page), [], JSON.stringify(screen));
    await page.close();
  }
});

browserTest('on paper every column is on the sheet and headings stay with their content', async (chromium) => {
  const { page, trouble } = await chromium.open(await example(), paper);
  await page.emulateMediaType('print');
  await openAll(page);
  const found = await layoutOf(page);
  assert.equal(found.lost, []);
  assert.equal(found.scrolling, [], 'nothing scrolls on paper');
  assert.ok(found.pageWidth <= paper.width, `${found.pageWidth} px wide`);
  assert.equal(found.loose, [], 'headings that a page break may part from their content');
  assert.equal(trouble, []);
});

interface Layout {
  readonly styled: boolean;
  readonly pageWidth: number;
  readonly figures: readonly { readonly title: string; readonly width: number; readonly drawn: number }[];
  readonly figuresSideBySide: boolean;
  /** Cells and figures that reach over the page's edge where nothing scrolls. */
  readonly lost: readonly string[];
  /** Parts that are wider than their place. */
  readonly scrolling: readonly string[];
  /** Such parts without a sign that there is more. */
  readonly hiddenScroll: readonly string[];
  readonly loose: readonly string[];
}

const openAll = (page: Page) =>
  page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });

function layoutOf(page: Page): Promise<Layout> {
  return page.evaluate(() => {
    const nameOf = (element: Element) => {
      const part = element.closest('section')?.id ?? 'header';
      return `${part}: ${element.localName} ${(element.textContent ?? '').trim().slice(0, 40)}`;
    };
    const scrollers = [...document.querySelectorAll('.scroll')];
    const scrolling = scrollers.filter((each) => each.scrollWidth > each.clientWidth + 1);
    const edge = document.documentElement.clientWidth;
    const lost = [...document.querySelectorAll('th, td, svg, p, li, dd, h1, h2, h3, h4, summary')].filter((each) => {
      const { right, left, width } = each.getBoundingClientRect();
      if (width === 0 || each.matches('svg svg')) return false;
      const scroller = each.closest('.scroll');
      if (scroller === null) return right > edge + 1 || left < -1;
      const place = scroller.getBoundingClientRect();
      return right + scroller.scrollLeft > place.left + scroller.scrollWidth + 1;
    });
    const isShown = (each: Element) => getComputedStyle(each).backgroundImage.includes('gradient');
    const panels = [...document.querySelectorAll('.panel')];
    const [first, second] = panels.map((panel) => panel.getBoundingClientRect());
    return {
      styled: getComputedStyle(document.querySelector('main')!).maxWidth !== 'none',
      pageWidth: document.documentElement.scrollWidth,
      figures: panels.map((panel) => {
        const svg = panel.querySelector('svg')!;
        const marks = [...svg.querySelectorAll('path, circle, rect, line, text')] as SVGGraphicsElement[];
        const drawn = marks.filter(
          (mark) => mark.getBoundingClientRect().height + mark.getBoundingClientRect().width > 0,
        );
        return {
          title: panel.querySelector('h4')?.textContent ?? '',
          width: svg.getBoundingClientRect().width,
          drawn: drawn.length,
        };
      }),
      figuresSideBySide: first!.top === second!.top,
      lost: lost.map(nameOf),
      scrolling: scrolling.map(nameOf),
      hiddenScroll: scrolling.filter((each) => !isShown(each)).map(nameOf),
      loose: [...document.querySelectorAll('h2, h3, h4')]
        .filter((each) => getComputedStyle(each).breakAfter !== 'avoid')
        .map(nameOf),
    };
  });
}

test.run();
