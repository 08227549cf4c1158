/**
 * The report's only script, put into the page as it is compiled. What it adds is a convenience: without it every figure,
 * table and text is there. It asks for nothing and keeps nothing.
 */

/** How near the pointer must come to a point, in pixels. */
const reach = 24;

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
}

/** A button that is pressed or not, and says so. */
function toggle(pressed: boolean, change: (pressed: boolean) => void, ...content: readonly Node[]): HTMLButtonElement {
  const button = make('button', { type: 'button', ariaPressed: String(pressed) }, ...content);
  button.addEventListener('click', () => {
    button.ariaPressed = String(button.ariaPressed !== 'true');
    change(button.ariaPressed === 'true');
  });
  return button;
}

/** Dark or light: as the reader's system has it, until the button is pressed. */
function addTheme(): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  const change = (dark: boolean) => {
    root.dataset.theme = dark ? 'dark' : 'light';
  };
  const button = toggle(system.matches, change, document.createTextNode('Dark page'));
  button.className = 'theme';
  system.addEventListener('change', ({ matches }) => {
    if (root.dataset.theme === undefined) button.ariaPressed = String(matches);
  });
  document.querySelector('header')?.append(button);
}

/** Names in a legend become buttons that show and hide their series in the figure. */
function addSeriesToggles(figure: Element): void {
  for (const entry of figure.querySelectorAll<HTMLElement>('.legend [data-series]')) {
    const marks = figure.querySelectorAll(`.panels .${CSS.escape(entry.dataset.series!)}`);
    const show = (shown: boolean) => {
      for (const mark of marks) mark.toggleAttribute('hidden', !shown);
    };
    entry.replaceChildren(toggle(true, show, ...entry.childNodes));
  }
}

interface ValuePoint {
  readonly mark: Element;
  readonly text: string;
}

/** The values of a drawing: under the pointer, and one by one with the arrow keys. */
function addValues(drawing: SVGElement, shown: HTMLElement): void {
  const points: ValuePoint[] = [...drawing.querySelectorAll('title')].map((title) => {
    const point = { mark: title.parentElement as Element, text: title.textContent ?? '' };
    point.mark.setAttribute('data-value', point.text);
    title.remove();
    return point;
  });
  if (points.length === 0) return;
  let chosen: ValuePoint | undefined;
  const choose = (point: ValuePoint | undefined) => {
    if (point === chosen) return;
    chosen?.mark.classList.remove('chosen');
    chosen = point;
    chosen?.mark.classList.add('chosen');
    shown.hidden = point === undefined;
    shown.textContent = point?.text ?? '';
    if (point !== undefined) place(shown, point.mark.getBoundingClientRect());
  };
  const visible = () => points.filter(({ mark }) => mark.closest('[hidden]') === null);
  drawing.tabIndex = 0;
  drawing.setAttribute('role', 'application');
  drawing.setAttribute(
    'aria-label',
    `${drawing.getAttribute('aria-label')}: ${points.length} values, by the arrow keys`,
  );
  drawing.addEventListener('pointermove', ({ clientX, clientY }) => choose(nearest(visible(), clientX, clientY)));
  drawing.addEventListener('pointerleave', () => choose(undefined));
  drawing.addEventListener('blur', () => choose(undefined));
  drawing.addEventListener('keydown', (event) => {
    const among = visible();
    const at = chosen === undefined ? -1 : among.indexOf(chosen);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 }[
      event.key
    ];
    if (event.key === 'Escape') choose(undefined);
    else if (next !== undefined) choose(among.at(next % among.length));
    else return;
    event.preventDefault();
  });
}

function nearest(points: readonly ValuePoint[], x: number, y: number): ValuePoint | undefined {
  let [best, found]: [number, ValuePoint | undefined] = [reach, undefined];
  for (const point of points) {
    const { left, right, top, bottom } = point.mark.getBoundingClientRect();
    const distance = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
    if (distance < best) [best, found] = [distance, point];
  }
  return found;
}

/** Puts a text beside a point, inside the window. */
function place(text: HTMLElement, { left, right, top }: DOMRect): void {
  const { width, height } = text.getBoundingClientRect();
  const beside = right + 10 + width <= innerWidth ? right + 10 : Math.max(4, left - 10 - width);
  text.style.left = `${beside}px`;
  text.style.top = `${Math.max(4, Math.min(top - height / 2, innerHeight - height - 4))}px`;
}

/** Search and choice among what models said. */
function addFilter(samples: Element): void {
  const prompts = [...samples.querySelectorAll<HTMLElement>('.sample')].map((element) => ({
    element,
    text: element.querySelector('.prompt')?.textContent?.toLowerCase() ?? '',
    answers: [...element.querySelectorAll<HTMLElement>('.answer')].map((answer) => ({
      answer,
      model: answer.dataset.model ?? '',
      score: answer.dataset.score ?? '',
      text: answer.querySelector('.response')?.textContent?.toLowerCase() ?? '',
    })),
  }));
  const answers = prompts.flatMap(({ answers }) => answers);
  const search = make('input', { type: 'search', autocomplete: 'off' });
  const model = choice(
    'all models',
    answers.map(({ model }) => model),
  );
  const score = choice('all scores', answers.map(({ score }) => score).sort());
  const count = make('output', {});
  const apply = () => {
    const wanted = search.value.trim().toLowerCase();
    let left = 0;
    for (const { element, text, answers } of prompts) {
      for (const each of answers) {
        const isChosen = [model, score].every(
          ({ value }, index) => value === '' || value === [each.model, each.score][index],
        );
        each.answer.hidden = !isChosen || !(text.includes(wanted) || each.text.includes(wanted));
      }
      element.hidden = answers.every(({ answer }) => answer.hidden);
      if (!element.hidden) left += 1;
    }
    count.textContent = `${left} of ${prompts.length} prompts`;
  };
  for (const control of [search, model, score]) control.addEventListener('input', apply);
  const bar = make('div', { className: 'filter', role: 'search' }, make('label', {}, 'Search ', search), count);
  for (const [name, select] of [
    ['Model ', model],
    ['Score ', score],
  ] as const) {
    if (select.options.length > 2) count.before(make('label', {}, name, select));
  }
  samples.querySelector('.sample')?.before(bar);
  apply();
}

function choice(all: string, values: readonly string[]): HTMLSelectElement {
  const options = [...new Set(values)].map((value) => make('option', { value }, value));
  return make('select', {}, make('option', { value: '' }, all), ...options);
}

addTheme();
for (const figure of document.querySelectorAll('figure')) addSeriesToggles(figure);
for (const samples of document.querySelectorAll('.samples')) addFilter(samples);
const value = make('div', { className: 'value', role: 'status', hidden: true });
document.body.append(value);
for (const drawing of document.querySelectorAll<SVGElement>('svg[role=img]')) addValues(drawing, value);
