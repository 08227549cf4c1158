import { axisDomain } from '../figures/axis-domain.js';
import { download } from '../figures/caption.js';
import type { Figure } from '../figures/figure.js';
import { figuresOnPage } from '../figures/on-page.js';
import { seriesLook } from '../figures/palette.js';
import type { Panel } from '../figures/panel.js';
import { type Html, html } from '../html.js';
import { tableOnPage } from '../paper-tables/on-page.js';
import { type PaperTable, plainNumber } from '../paper-tables/paper-table.js';
import type { FigureInput, Section } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy, summarize } from '../statistics.js';
import { writeCsv } from '../tables/csv.js';
import { type LossRow, lossColumns } from '../tables/loss.js';
import { readResult } from '../tables/result-rows.js';
import { seedSuffix } from '../training-seeds.js';
import { ratioText } from '../wording.js';

/** A trained model, by step. */
interface Training {
  /** What it is called. */
  readonly model: string;
  readonly steps: readonly LossRow[];
  /** What the figure shows: so many steps in a row as one point. */
  readonly points: readonly ThinnedPoint[];
  readonly together: number;
}

interface ThinnedPoint {
  readonly firstStep: number;
  readonly lastStep: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export const lossSection: Section = {
  heading: 'Training loss',
  needs: 'loss.csv',
  figures: (input) => figuresOf(trainingsOf(input)),
  tables: (input) => [tableOf(trainingsOf(input))],
  async render(input, show) {
    const trainings = trainingsOf(input);
    return html`
      ${show.figure && (await figuresOnPage(figuresOf(trainings), input))}
      ${show.table && tableOnPage('Training, model by model', tableOf(trainings), note)}`;
  },
};

function trainingsOf({ files, params }: FigureInput): Training[] {
  const rows = readResult(files, 'loss.csv', lossColumns);
  const style = new SeriesStyle(params.style);
  const groups = [...groupBy(rows, (row) => JSON.stringify([row.model, seedSuffix(row)])).values()];
  const trainings = style.sorted(groups, ([first]) => first!.model);
  return trainings.map((group) => trainingOf(`${style.called(group[0]!.model)}${seedSuffix(group[0]!)}`, group));
}

/** More points than this are no longer told apart in a panel. */
const mostPoints = 200;

function trainingOf(model: string, rows: readonly LossRow[]): Training {
  const steps = [...rows].sort((a, b) => a.step - b.step);
  const measured = steps.filter(({ loss }) => loss !== null);
  const together = Math.max(1, Math.ceil(measured.length / mostPoints));
  const points: ThinnedPoint[] = [];
  for (let at = 0; at < measured.length; at += together) {
    const part = measured.slice(at, at + together);
    const { mean, min, max } = summarize(part.map(({ loss }) => loss!));
    points.push({ firstStep: part[0]!.step, lastStep: part.at(-1)!.step, mean, min, max });
  }
  return { model, steps, points, together };
}

function figuresOf(trainings: readonly Training[]): Figure[] {
  const drawable = trainings.filter(({ points }) => points.length > 0);
  if (drawable.length === 0) return [];
  const panels = drawable.map(
    ({ model, points }): Panel => ({
      kind: 'lines',
      title: model,
      x: { of: 'step', label: 'optimizer step', domain: [0, points.at(-1)!.lastStep], whole: true },
      y: {
        of: 'loss',
        label: 'loss',
        domain: axisDomain(
          points.flatMap(({ min, max }) => [min, max]),
          { least: 0 },
        ),
      },
      series: [
        {
          look: seriesLook(0),
          dots: points.length <= 12,
          points: points.map(({ firstStep, lastStep, mean, min, max }) => ({
            x: (firstStep + lastStep) / 2,
            y: mean,
            ...(firstStep === lastStep ? {} : { low: min, high: max }),
            title: `step ${firstStep}: ${ratioText(mean)}`,
          })),
        },
      ],
    }),
  );
  const figure: Figure = {
    name: 'loss',
    title: 'Loss against the optimizer step',
    panels,
    caption: html`
      <p>Loss of each step’s own rows before the step, in nats a token, as its recipe averages it. ${thinned(drawable)}
      Every panel has a scale of its own.</p>
      <p class="downloads">Data: ${download(pointsCsv(drawable), 'loss-curves.csv', 'the curves')},
      <a href="loss.csv">loss.csv</a>.</p>`,
  };
  return [figure];
}

function thinned(trainings: readonly Training[]): Html | undefined {
  const joined = trainings.filter(({ together }) => together > 1);
  if (joined.length === 0) return undefined;
  const said = joined.map(({ model, together }) => `${together} steps of ${model}`);
  return html`Each point is the mean of ${said.join(', ')}; bands span the lowest and highest of them.`;
}

const note = html`Last tenth: mean loss of the last tenth of the steps. Largest gradient: norm of all gradients together, before
  clipping. Every step: <a href="loss.csv">loss.csv</a>.`;

/** A row a model: every training seed has its own. */
function tableOf(trainings: readonly Training[]): PaperTable {
  const rows = trainings.map(({ model, steps }) => {
    const all = (column: 'loss' | 'tokens' | 'learning_rate' | 'gradient_norm') =>
      steps.map((row) => row[column]).filter((value) => value !== null);
    const [losses, tokens] = [all('loss'), all('tokens')];
    const tail = losses.slice(-Math.ceil(losses.length / 10));
    const values = [
      steps.length,
      tokens.length > 0 ? tokens.reduce((sum, value) => sum + value, 0) : null,
      losses[0],
      losses.at(-1),
      tail.length > 0 ? summarize(tail).mean : null,
      largest(all('learning_rate')),
      largest(all('gradient_norm')),
    ];
    return { labels: [model], group: '', numbers: values.map(plainNumber) };
  });
  return {
    name: 'loss',
    title:
      'Training: loss in nats a token of the first step, the last one and the mean of the last tenth of the steps, highest learning rate and largest norm of the gradients before clipping',
    labels: ['model'],
    columns: [
      { label: 'steps', notation: 'count' },
      { label: 'tokens', notation: 'count' },
      { label: 'first loss' },
      { label: 'last loss' },
      { label: 'last tenth' },
      { label: 'highest learning rate', notation: 'significant' },
      { label: 'largest gradient', notation: 'significant' },
    ],
    rows,
  };
}

function largest(values: readonly number[]): number | null {
  return values.length > 0 ? values.reduce((a, b) => Math.max(a, b)) : null;
}

function pointsCsv(trainings: readonly Training[]): string {
  const rows = trainings.flatMap(({ model, points }) =>
    points.map(({ firstStep, lastStep, mean, min, max }) => ({
      model,
      first_step: firstStep,
      last_step: lastStep,
      mean,
      min,
      max,
    })),
  );
  return writeCsv(['model', 'first_step', 'last_step', 'mean', 'min', 'max'], rows);
}
