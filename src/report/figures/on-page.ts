import { type Html, html, trustedMarkup } from '../html.js';
import type { FigureInput } from '../section.js';
import { dashedSample } from './dashed-sample.js';
import { type DrawnFigure, type DrawnPanel, drawFigure, rowsOf } from './drawn-figure.js';
import type { Figure } from './figure.js';
import { seriesClass } from './palette.js';
import type { Drawing } from './plot.js';

/** Figures as parts of the page, one below the other. */
export async function figuresOnPage(
  figures: readonly Figure[],
  { params }: { readonly params: Pick<FigureInput['params'], 'style'> },
): Promise<Html[]> {
  const placed: Html[] = [];
  for (const figure of figures) placed.push(figureOnPage(await drawFigure(figure, params.style?.limits)));
  return placed;
}

/** Panels stand side by side where there is room; those that are wider than the page scroll by themselves. */
function figureOnPage(drawn: DrawnFigure): Html {
  const { figure, legend, heat } = drawn;
  return html`<figure id="figure-${figure.name}">
    <h3>${figure.title}</h3>
    ${legend.length > 0 && html`<ul class="legend">${legend.map(({ name, swatch }, index) => html`<li data-series="${seriesClass(figure.legend![index]!.look)}">${markupOf(swatch)}${name}</li>`)}</ul>`}
    ${figure.dashed !== undefined && dashedNote(figure.dashed)}
    ${heat && heatLegend(figure, heat)}
    ${rowsOf(drawn).map(
      (row) => html`<div class="panels">${row.map(panelOnPage)}</div>
    `,
    )}<figcaption>${figure.caption}</figcaption>
  </figure>`;
}

function panelOnPage({ title, wide, drawing }: DrawnPanel): Html {
  return wide
    ? html`<div class="panel wide"><h4>${title}</h4><div class="scroll" tabindex="0" role="group" aria-label="${title}">${markupOf(drawing)}</div></div>`
    : html`<div class="panel"><h4>${title}</h4>${markupOf(drawing)}</div>`;
}

/** Texts of a drawing are text nodes and attributes of a DOM, which escapes them here. */
function markupOf({ element }: Drawing): Html {
  return trustedMarkup(element.outerHTML);
}

function dashedNote(text: string): Html {
  const attributes = Object.entries(dashedSample).map(([name, value]) => html` ${trustedMarkup(name)}="${value}"`);
  return html`<p class="dashed-note"><svg width="34" height="10" viewBox="0 -5 34 10" aria-hidden="true"><path stroke="currentColor"${attributes}/></svg>${text}</p>`;
}

function heatLegend({ heat }: Figure, drawing: Drawing): Html {
  const { label, max, signed } = heat!;
  return html`<p class="heat-legend"><span>${signed ? `−${max}` : '0'}</span>${markupOf(drawing)}<span>${max}</span> ${label}</p>`;
}
