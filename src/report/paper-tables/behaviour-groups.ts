import { alongUpdates, type Evaluation } from '../evaluation.js';
import type { FigureInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { scoreOfGroup } from '../tables/evaluation.js';
import { intervalsText } from './intervals-text.js';
import { wholeNumber } from './models.js';
import { type PaperTable, plainNumber, trainingText } from './paper-table.js';

/** Groups of a metric's items: a row a group, a column a whole model. Those of projections stand in evaluation.csv alone. */
export function groupTables(metric: string, { models, parts }: Evaluation, input: FigureInput): PaperTable[] {
  const { groups } = parts.get(metric)!;
  const whole = alongUpdates(models.get(metric) ?? [], input).map(({ model }) => model);
  if (groups.length === 0 || whole.length === 0) return [];
  const style = new SeriesStyle(input.params.style);
  const measured = groups.map((group) => models.get(scoreOfGroup(metric, group)) ?? []);
  const rows = groups.map((group, index) => ({
    labels: [group],
    group: '',
    numbers: [
      plainNumber(measured[index]![0]?.n),
      ...whole.map((name) => wholeNumber(measured[index]!.find(({ model }) => model === name))),
    ],
  }));
  return [
    {
      name: `groups-${metric}`,
      title: `${style.calledMetric(metric)} by group: mean over the items of a group; ${intervalsText(measured.flat(), rows)}${trainingText(rows)}`,
      labels: ['group'],
      columns: [{ label: 'items', notation: 'count' }, ...whole.map((model) => ({ label: style.called(model) }))],
      rows,
    },
  ];
}
