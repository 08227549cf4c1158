import type { Page } from 'puppeteer-core';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportPage } from '../../../src/report/page.js';
import { SamplesTable } from '../../../src/report/tables/samples.js';
import { browserTest, seriousFindings } from '../../chromium.js';
import { exampleReport } from './example.js';

const desk = { width: 1280 };

/** A report with six prompts that two models answered. */
function example(): Promise<string> {
  const input = exampleReport(1);
  const samples = new SamplesTable();
  for (const model of ['aligned', 'useful']) {
    const items = Array.from({ length: 6 }, (_, item) => ({
      prompt: `Question ${item} about ${item < 2 ? 'apples' : 'pears'}`,
      response: `${model} says ${item}`,
      score: model === 'useful' ? 1 : 0,
    }));
    samples.add({ metric: 'utility', model }, items);
  }
  const files = new Map([...input.files, ['samples.csv', samples.csv()]]);
  return reportPage({ ...input, files }, { digests: new Map(), version: '1.2.3' });
}

const shownText = (page: Page, selector: string) =>
  page.$$eval(selector, (found) =>
    found.filter((each) => each.checkVisibility()).map((each) => each.textContent!.trim()),
  );

browserTest(
  'without scripting every figure, table and text is there, and no control that does nothing',
  async (chromium) => {
    const html = await example();
    const parts = (page: Page) =>
      page.evaluate(() => {
        const main = document.querySelector('main')!.cloneNode(true) as Element;
        for (const added of main.querySelectorAll('.theme, .filter, title')) added.remove();
        const count = (selector: string) => main.querySelectorAll(selector).length;
        return {
          text: main.textContent!.replaceAll(/\s+/g, ' '),
          svg: count('svg *'),
          cells: count('td, th'),
          figures: count('figure'),
        };
      });
    const plain = await chromium.open(html, { ...desk, scripting: false });
    const scripted = await chromium.open(html, desk);
    const [without, found] = [await parts(plain.page), await parts(scripted.page)];
    assert.equal(found, without);
    assert.ok(without.figures > 10 && without.cells > 100 && without.svg > 1000);
    assert.is(await plain.page.$$eval('button, input, select', ({ length }) => length), 0);
    assert.equal([...plain.trouble, ...scripted.trouble], []);
  },
);

browserTest('values of a figure are shown under the pointer and by the arrow keys', async (chromium) => {
  const { page, trouble } = await chromium.open(await example(), desk);
  const drawing = (await page.$('#energy .panel svg[role=application]'))!;
  await drawing.evaluate((svg) => (svg as SVGElement).focus());
  const read: string[] = [];
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'End', 'ArrowRight'] as const) {
    await page.keyboard.press(key);
    read.push(...(await shownText(page, '.value')));
  }
  const [first, second, back, last, around] = read;
  assert.match(first!, /top-k.*0\.01/);
  assert.is.not(second, first);
  assert.is(back, first);
  assert.is.not(last, first);
  assert.is(around, first, 'the first follows the last');
  await page.keyboard.press('Escape');
  assert.equal(await shownText(page, '.value'), []);
  const mark = (await drawing.$('[data-mark=dot] circle'))!;
  await mark.hover();
  assert.is((await shownText(page, '.value')).length, 1);
  assert.equal(trouble, []);
});

browserTest(
  'a name in a legend hides its series in the figure, by keyboard too, and what is hidden has no values',
  async (chromium) => {
    const { page, trouble } = await chromium.open(await example(), desk);
    const figure = '#energy figure:first-of-type';
    const names = await page.$$eval(`${figure} .legend button`, (found) =>
      found.map((each) => (each as HTMLElement).innerText.trim()),
    );
    assert.equal(names, ['top-k', 'random-k', 'random']);
    const marks = () =>
      page.$$eval(`${figure} .panel:first-child [data-mark=dot]`, (found) =>
        found.map((each) => each.getBoundingClientRect().width > 0),
      );
    assert.equal(await marks(), [true, true, true]);
    await page.focus(`${figure} .legend button`);
    await page.keyboard.press('Space');
    assert.equal(await marks(), [false, true, true]);
    assert.is(await page.$eval(`${figure} .legend button`, (button) => button.getAttribute('aria-pressed')), 'false');
    await page.$eval(`${figure} svg[role=application]`, (svg) => (svg as SVGElement).focus());
    await page.keyboard.press('ArrowRight');
    assert.match((await shownText(page, '.value'))[0]!, /^random-k/);
    await page.focus(`${figure} .legend button`);
    await page.keyboard.press('Enter');
    assert.equal(await marks(), [true, true, true]);
    assert.equal(trouble, []);
  },
);

browserTest('prompts and responses are folded away, and found by text, model and score', async (chromium) => {
  const { page, trouble } = await chromium.open(await example(), desk);
  assert.equal(await shownText(page, '.prompt'), []);
  await page.focus('.samples summary');
  await page.keyboard.press('Enter');
  assert.is((await shownText(page, '.prompt')).length, 6);
  await page.keyboard.press('Tab');
  if (await page.evaluate(() => document.activeElement?.localName === 'a')) await page.keyboard.press('Tab');
  await page.keyboard.type('APPLES');
  assert.equal(await shownText(page, '.prompt'), ['Question 0 about apples', 'Question 1 about apples']);
  assert.equal(await shownText(page, '.filter output'), ['2 of 6 prompts']);
  await page.select('.filter select', 'useful');
  assert.equal(await shownText(page, '.response'), ['useful says 0', 'useful says 1']);
  await page.select('.filter label:nth-of-type(3) select', '0');
  assert.equal(await shownText(page, '.filter output'), ['0 of 6 prompts']);
  assert.equal(await seriousFindings(page), []);
  assert.equal(trouble, []);
});

browserTest('dark or light follows the system until the button says otherwise', async (chromium) => {
  const { page } = await chromium.open(await example(), { ...desk, dark: true });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const system = (value: string) => page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
  const pressed = () => page.$eval('.theme', (button) => button.getAttribute('aria-pressed'));
  const dark = await background();
  assert.is(await pressed(), 'true');
  await system('light');
  const light = await background();
  assert.is.not(light, dark);
  assert.is(await pressed(), 'false');
  await page.focus('.theme');
  await page.keyboard.press('Space');
  assert.is(await background(), dark);
  await system('dark');
  await page.keyboard.press('Space');
  assert.is(await background(), light, 'the reader has chosen');
  assert.is(await pressed(), 'false');
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((each) => getComputedStyle(each).transitionDuration !== '0s').length,
  );
  assert.is(moving, 0, 'nothing moves');
});

test.run();
