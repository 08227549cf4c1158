import { alongUpdates, boundsOf, type Evaluation, readEvaluation } from '../evaluation.js';
import { axisDomain } from '../figures/axis-domain.js';
import { legend, looksFor } from '../figures/line.js';
import { type ScatterPoint, scatterPanel } from '../figures/scatter.js';
import { type Html, html } from '../html.js';
import { numberCell, plainHead, tableBlock } from '../html-table.js';
import type { ReportInput, Section } from '../section.js';
import type { EvaluationRow } from '../tables/evaluation.js';
import { rangeText, ratioText } from '../wording.js';

/** Whole models side by side: what they are good for against what harm they do. */
export const tradeOffSection: Section = {
  heading: 'Trade-off of models',
  needs: 'evaluation.csv',
  async render(input, show) {
    const evaluation = readEvaluation(input.files.get('evaluation.csv')!);
    return html`
      ${show.figure && (await figure(evaluation, input))}
      ${show.table && table(evaluation, input)}`;
  },
};

/** A model with what two metrics found of it. */
interface Compared {
  readonly model: string;
  readonly x: EvaluationRow;
  readonly y: EvaluationRow;
}

interface Panel {
  readonly useful: string;
  readonly harmful: string;
  readonly models: readonly Compared[];
}

/** A panel for each pair of a useful and a harmful metric that two models or more have both. */
function panelsOf({ models }: Evaluation, input: ReportInput): Panel[] {
  const { useful = [], harmful = [] } = input.params.tradeOff ?? {};
  return useful.flatMap((across) =>
    harmful.flatMap((upright): Panel[] => {
      const compared = alongUpdates(models.get(across) ?? [], input).flatMap((x): Compared[] => {
        const y = models.get(upright)?.find(({ model }) => model === x.model);
        return y === undefined || x.value === null || y.value === null ? [] : [{ model: x.model, x, y }];
      });
      return compared.length > 1 ? [{ useful: across, harmful: upright, models: compared }] : [];
    }),
  );
}

async function figure(evaluation: Evaluation, input: ReportInput): Promise<Html> {
  const panels = panelsOf(evaluation, input);
  if (panels.length === 0) {
    return html`<p class="note">There are no two models that both have a useful and a harmful metric.</p>`;
  }
  const looks = looksFor(panels.flatMap(({ models }) => models.map(({ model }) => model)));
  const drawn: Html[] = [];
  for (const { useful, harmful, models } of panels) {
    const extent = (axis: 'x' | 'y') =>
      models.flatMap(({ [axis]: { value, ci_low, ci_high } }) => [value!, ci_low ?? value!, ci_high ?? value!]);
    drawn.push(
      await scatterPanel({
        title: `${harmful} against ${useful}`,
        x: { label: useful, domain: axisDomain(extent('x'), boundsOf(useful, evaluation)) },
        y: { label: harmful, domain: axisDomain(extent('y'), boundsOf(harmful, evaluation)) },
        points: models.map(({ model, x, y }): ScatterPoint => {
          const said = `${useful} ${ratioText(x.value!)}, ${harmful} ${ratioText(y.value!)}`;
          const [xRange, yRange] = [rangeOf(x), rangeOf(y)];
          return {
            ...{ name: model, x: x.value!, y: y.value!, title: `${model}: ${said}`, look: looks.get(model)! },
            ...(xRange && { xRange }),
            ...(yRange && { yRange }),
          };
        }),
      }),
    );
  }
  return html`<figure>
    <h3>What models are good for, and what harm they do</h3>
    ${await legend([...looks].map(([name, look]) => ({ name, look })))}
    <div class="panels">${drawn}</div>
    <figcaption>
      <p><b>How to read it.</b> Better models lie to the right and low: useful, and refusing what they should refuse. A
      cross spans the 95 % intervals over the items of both metrics. Names stand right of the axes, joined to their points.</p>
      <p class="downloads">Data: <a href="evaluation.csv">evaluation.csv</a>.</p>
    </figcaption>
  </figure>`;
}

function rangeOf({ ci_low, ci_high }: EvaluationRow): readonly [number, number] | undefined {
  return ci_low === null || ci_high === null ? undefined : [ci_low, ci_high];
}

/** A row a model, a column a metric: all that was measured of models as they are. */
function table({ metrics, models }: Evaluation, input: ReportInput): Html {
  const measured = metrics.filter((metric) => models.has(metric));
  const names = [
    ...new Set(measured.flatMap((metric) => alongUpdates(models.get(metric)!, input).map(({ model }) => model))),
  ];
  const rows = names.map((name) => {
    const cells = measured.map((metric) => {
      const row = models.get(metric)!.find(({ model }) => model === name);
      if (row === undefined || row.value === null) return html`<td></td>`;
      const range = rangeOf(row);
      return range === undefined
        ? numberCell(ratioText(row.value))
        : numberCell(ratioText(row.value), rangeText(...range));
    });
    return html`<tr><th scope="row">${name}</th>${cells}</tr>`;
  });
  return tableBlock(
    'Models side by side',
    plainHead([{ text: 'model' }, ...measured]),
    rows,
    html`Below a mean: its 95 % interval over the items, where the metric has one. Empty: not measured of that model.
    In full precision: <a href="evaluation.csv">evaluation.csv</a>.`,
  );
}
