import { alongUpdates, boundsOf, type Evaluation, readEvaluation, spreadOf } from '../evaluation.js';
import { axisDomain } from '../figures/axis-domain.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import type { ScatterPanel, ScatterPoint } from '../figures/scatter.js';
import { type Html, html } from '../html.js';
import { modelTables } from '../paper-tables/models.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import type { EvaluationRow } from '../tables/evaluation.js';
import { type Averaged, itemsNote, type TrainingSpread, trainingNote } from '../training-seeds.js';
import { ratioText } from '../wording.js';

/** Whole models side by side: what they are good for against what harm they do. */
export const tradeOffSection: Section = {
  heading: 'Trade-off of models',
  needs: 'evaluation.csv',
  figures: (input) => figuresOf(readEvaluation(input.files), input),
  tables: (input) => modelTables(readEvaluation(input.files), input),
  async render(input, show) {
    const evaluation = readEvaluation(input.files);
    const figures = show.figure ? figuresOf(evaluation, input) : [];
    return html`
      ${await figuresOnPage(figures, input)}
      ${
        show.figure &&
        figures.length === 0 &&
        html`<p class="note">There are no two models that both have a useful and a harmful metric.</p>`
      }
      ${show.table && modelTables(evaluation, input).map((table) => tableOnPage('Models side by side', table, noteOf(evaluation)))}`;
  },
};

/** A model with what two metrics found of it. */
interface Compared {
  readonly model: string;
  readonly x: Averaged<EvaluationRow>;
  readonly y: Averaged<EvaluationRow>;
}

interface Panel {
  readonly useful: string;
  readonly harmful: string;
  readonly models: readonly Compared[];
}

/** A panel for each pair of a useful and a harmful metric that two models or more have both. */
function panelsOf({ models }: Evaluation, input: FigureInput): Panel[] {
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

function figuresOf(evaluation: Evaluation, input: FigureInput): Figure[] {
  const panels = panelsOf(evaluation, input);
  if (panels.length === 0) return [];
  const style = new SeriesStyle(input.params.style);
  const looks = style.looksFor(panels.flatMap(({ models }) => models.map(({ model }) => model)));
  const drawn = panels.map(({ useful, harmful, models }): { readonly kind: 'scatter' } & ScatterPanel => {
    const extent = (axis: 'x' | 'y') =>
      models.flatMap(({ [axis]: { value, ci_low, ci_high } }) => [value!, ci_low ?? value!, ci_high ?? value!]);
    const [across, upright] = [style.calledMetric(useful), style.calledMetric(harmful)];
    return {
      kind: 'scatter',
      title: `${upright} against ${across}`,
      x: { of: { metric: useful }, label: across, domain: axisDomain(extent('x'), boundsOf(useful, evaluation)) },
      y: { of: { metric: harmful }, label: upright, domain: axisDomain(extent('y'), boundsOf(harmful, evaluation)) },
      points: models.map(({ model, x, y }): ScatterPoint => {
        const name = style.called(model);
        const said = `${across} ${ratioText(x.value!)}, ${upright} ${ratioText(y.value!)}`;
        const [xSpread, ySpread] = [spreadOf([x]), spreadOf([y])];
        return {
          name,
          x: x.value!,
          y: y.value!,
          title: `${name}: ${said}`,
          look: looks.get(model)!,
          ...(xSpread && { xRange: [xSpread.low, xSpread.high] }),
          ...(ySpread && { yRange: [ySpread.low, ySpread.high] }),
        };
      }),
    };
  });
  const figure: Figure = {
    name: 'trade-off',
    title: 'What models are good for, and what harm they do',
    legend: [...looks].map(([name, look]) => ({ name: style.called(name), look })),
    panels: drawn,
    caption: html`
      <p><b>How to read it.</b> Better models lie to the right and low: useful, and refusing what they should refuse. A
      cross spans the 95 % intervals over the items of both metrics. ${itemsNote(spreadsOf(panels))} Names stand right of the axes, joined to their points.</p>
      <p class="downloads">Data: <a href="evaluation.csv">evaluation.csv</a>.</p>`,
  };
  return [figure];
}

function spreadsOf(panels: readonly Panel[]): (TrainingSpread | undefined)[] {
  return panels.flatMap(({ models }) => models.flatMap(({ x, y }) => [x.training, y.training]));
}

function noteOf({ metrics, models }: Evaluation): Html {
  const spreads = metrics.flatMap((metric) => (models.get(metric) ?? []).map(({ training }) => training));
  return html`Below a mean: its 95 % interval over the items, where the metric has one. ${itemsNote(spreads)} ${trainingNote(spreads)} –: not measured of that model.
    In full precision: <a href="evaluation.csv">evaluation.csv</a>.`;
}
