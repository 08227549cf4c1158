import type { EvaluationTableRow, Measured } from '../../steps/evaluation-table.js';
import type { ExactMatchParams } from '../../steps/exact-match.js';
import type { GenerateParams } from '../../steps/generate.js';
import type { JudgeHints, JudgeParams } from '../../steps/judge.js';
import type { LossParams } from '../../steps/loss.js';
import type { ModelJudgeParams } from '../../steps/model-judge.js';
import type { Input } from '../../steps/step.js';
import { isBehaviour } from '../../workflow/metrics/metric.js';
import { updateOf } from '../../workflow/subspaces.js';
import type {
  BehaviourMetric,
  ExactMatchMetric,
  JudgeMetric,
  LossMetric,
  Sweep,
  Workflow,
} from '../../workflow/workflow.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import { projectionsOf, projectionText } from '../expand-projections.js';
import { tokeniseStep } from '../expand-training.js';
import type { Waiting } from '../expand-updates.js';
import type { MeasuredModel, MeasuredModels } from '../measured-models.js';
import type { PlanBuilder } from '../plan-builder.js';

/** A model, or a point of a sweep, with all that is measured of it. */
interface Subject {
  readonly measured: Measured;
  /** In the ids of its steps. */
  readonly text: string;
  readonly model: () => MeasuredModel | Waiting;
  /** With the sweeps on whose behalf: `sweeps.parallel`. */
  readonly metrics: Map<BehaviourMetric, Set<string>>;
}

/** What the table and the claims read: whose scores stand where. */
export interface BehaviourRow {
  readonly row: EvaluationTableRow;
  readonly scores: Input;
  readonly items?: Input;
}

/**
 * Adds the steps that run models and score what they do. All that is measured of one model stands together, so that the
 * worker makes a projected model once.
 */
export class BehaviourExpansion {
  readonly #workflow: Workflow;
  readonly #models: MeasuredModels;
  readonly #datasets: DatasetExpansion;
  readonly #builder: PlanBuilder;
  /** Judging by a model comes after all responses: it takes the device from the models that are measured. */
  readonly #judgements: (() => void)[] = [];

  constructor(workflow: Workflow, models: MeasuredModels, datasets: DatasetExpansion, builder: PlanBuilder) {
    this.#workflow = workflow;
    this.#models = models;
    this.#datasets = datasets;
    this.#builder = builder;
  }

  /** @returns a row for each measurement, or what must be fetched before all can be known */
  expand(): readonly BehaviourRow[] | Waiting {
    const rows: BehaviourRow[] = [];
    const waitsFor = new Set<string>();
    const subjects = this.#subjects();
    for (const { metrics } of subjects) for (const { name } of metrics.keys()) this.#builder.countResponses(name);
    for (const subject of subjects) {
      const model = subject.model();
      for (const metric of subject.metrics.keys()) {
        const waiting = 'waitsFor' in model ? model.waitsFor : this.#waitsFor(metric);
        if (waiting.length > 0) {
          this.#builder.defer(waiting, ...definitionsOf(metric, subject));
          for (const name of waiting) waitsFor.add(name);
        } else rows.push(this.#measure(metric, subject, model as MeasuredModel));
      }
    }
    for (const judge of this.#judgements) judge();
    return waitsFor.size > 0 ? { waitsFor: [...waitsFor] } : rows;
  }

  /** Models as they are, in the order of the workflow, then the points of sweeps. */
  #subjects(): Subject[] {
    const { metrics, models, sweeps } = this.#workflow;
    const behaviours = [...metrics.values()].filter(isBehaviour);
    const whole = new Map<string, Subject>();
    for (const name of models.keys()) {
      const measured = {
        model: name,
        update: null,
        subspace: null,
        seed: null,
        mode: null,
        side: null,
        fraction: null,
      };
      const model = () => this.#models.named(name);
      whole.set(name, { measured, text: name, model, metrics: new Map() });
    }
    const points = new Map<string, Subject>();
    const measure = (subject: Subject, metric: BehaviourMetric, sweep?: Sweep) => {
      const sweepNames = subject.metrics.get(metric) ?? new Set();
      if (sweep !== undefined) sweepNames.add(`sweeps.${sweep.name}`);
      subject.metrics.set(metric, sweepNames);
    };
    for (const metric of behaviours) {
      for (const name of metric.models) measure(whole.get(name)!, metric);
      for (const sweep of sweeps.values()) {
        if (!sweep.measure.includes(metric.name)) continue;
        for (const name of this.#ends(sweep)) measure(whole.get(name)!, metric, sweep);
        for (const subject of this.#points(sweep, points)) measure(subject, metric, sweep);
      }
    }
    return [...whole.values(), ...points.values()].filter((subject) => subject.metrics.size > 0);
  }

  /** The models beside a sweep: both ends of its updates, and what the subspaces' updates start from. */
  #ends({ project, onto }: Sweep): Set<string> {
    const { updates, subspaces } = this.#workflow;
    const ends = project.flatMap((name) => [updates.get(name)!.from, updates.get(name)!.to]);
    return new Set([...ends, ...onto.map((name) => updates.get(updateOf(subspaces.get(name)!))!.from)]);
  }

  /** Points that several sweeps share are measured once. */
  #points(sweep: Sweep, known: Map<string, Subject>): Subject[] {
    return projectionsOf(sweep, this.#workflow).flatMap((projection) =>
      [...sweep.fractions]
        .sort((a, b) => a - b)
        .map((fraction) => {
          const text = `${projectionText(projection)},${fraction}`;
          const { update, subspace, seed, mode, side } = projection;
          const subject = known.get(text) ?? {
            measured: { model: null, update, subspace: subspace.name, seed, mode, side, fraction },
            text,
            model: () => this.#models.point(projection, fraction, sweep.range),
            metrics: new Map(),
          };
          known.set(text, subject);
          return subject;
        }),
    );
  }

  /** What the data of a metric, or the model that judges, waits for. */
  #waitsFor(metric: BehaviourMetric): readonly string[] {
    const nodes: object[] = [this.#datasets.node(metric.on)];
    if (metric.kind === 'exact-match' && metric.fewshot.n > 0 && metric.fewshot.from !== null) {
      nodes.push(this.#datasets.node(metric.fewshot.from));
    }
    if (metric.kind === 'judge' && metric.judge.kind === 'model') nodes.push(this.#models.named(metric.judge.model));
    return nodes.flatMap((node) => ('waitsFor' in node ? (node as Waiting).waitsFor : []));
  }

  #measure(metric: BehaviourMetric, subject: Subject, model: MeasuredModel): BehaviourRow {
    const { name, kind } = metric;
    const node =
      kind === 'loss'
        ? this.#addLoss(metric, subject, model)
        : kind === 'judge'
          ? this.#addJudge(metric, subject, model)
          : this.#addExactMatch(metric, subject, model);
    const row = { ...subject.measured, metric: name, kind, items: kind !== 'loss' };
    const scores = { node, output: 'scores' };
    return row.items ? { row, scores, items: { node, output: 'items' } } : { row, scores };
  }

  #addExactMatch(metric: ExactMatchMetric, subject: Subject, model: MeasuredModel): string {
    const { on, question, answer, template, fewshot, extract } = metric;
    // Without examples no answer is shown to the model: another column of answers must not make it respond again.
    const prompts =
      fewshot.n === 0
        ? { column: question, template }
        : { questions: { question, answer, template }, fewshot: { n: fewshot.n, seed: fewshot.seed } };
    const examples = fewshot.n > 0 && fewshot.from !== null ? { examples: this.#rows(fewshot.from) } : {};
    const responses = this.#addGenerate(metric, subject, model, prompts, examples);
    const params: ExactMatchParams = { dataset: `datasets.${on}`, answer, extract };
    return this.#add('exact-match', metric, subject, params, { rows: this.#rows(on), responses });
  }

  #addJudge(metric: JudgeMetric, subject: Subject, model: MeasuredModel): string {
    const { on, prompt, template, judge } = metric;
    const responses = this.#addGenerate(metric, subject, model, { column: prompt, template }, {});
    const inputs = { rows: this.#rows(on), responses };
    const dataset = `datasets.${on}`;
    switch (judge.kind) {
      case 'rules': {
        const { refusals, contains } = judge;
        const params: JudgeParams = {
          ...{ dataset, prompt },
          judge: { rules: { refusals, ...(contains === undefined ? {} : { contains }) } },
        };
        return this.#add('judge', metric, subject, params, inputs);
      }
      case 'openai': {
        const { model: named, url, rubric, maxTokens, temperature, seed, key, asking } = judge;
        const sampling = temperature === undefined ? { maxTokens, seed } : { maxTokens, temperature, seed };
        const params: JudgeParams = {
          dataset,
          prompt,
          judge: { openai: { model: named, url, rubric, ...sampling } },
        };
        const responseSets = this.#builder.responseSets.get(metric.name)!;
        const hints: JudgeHints = {
          judge: `metrics.${metric.name}`,
          responseSets,
          ...asking,
          ...(key === undefined ? {} : { key }),
        };
        return this.#add('judge', metric, subject, params, inputs, hints);
      }
      case 'model': {
        const { model: named, rubric, template: form, maxTokens } = judge;
        const { model: recipe, inputs: judging } = this.#models.named(named) as MeasuredModel;
        const params: ModelJudgeParams = { model: recipe, dataset, prompt, rubric, template: form, maxTokens };
        this.#judgements.push(() => this.#add('model-judge', metric, subject, params, { ...judging, ...inputs }));
        return stepId('model-judge', metric, subject);
      }
    }
  }

  #addLoss(metric: LossMetric, subject: Subject, { model, inputs, origin }: MeasuredModel): string {
    const tokens = tokeniseStep(
      {
        id: `tokenise[${metric.name},${origin.name}]`,
        dataset: metric.on,
        options: metric.tokens,
        semantics: this.#workflow.semantics,
      },
      { model: origin.node, facts: origin.facts, rows: this.#rows(metric.on).node },
    );
    const node = this.#builder.add({ ...tokens, group: 'Datasets' }, ...definitionsOf(metric, subject));
    this.#builder.tokenised.set(node, { metric: metric.name, model: origin.name, dataset: metric.on });
    const params: LossParams = { model };
    return this.#add('loss', metric, subject, params, { ...inputs, tokens: { node, output: '*' } });
  }

  #addGenerate(
    metric: ExactMatchMetric | JudgeMetric,
    subject: Subject,
    { model, inputs }: MeasuredModel,
    prompts: GenerateParams['prompts'],
    examples: { readonly examples?: Input },
  ): Input {
    const { on, limit, maxTokens, stop } = metric;
    const sampling = metric.kind === 'judge' && metric.sampling !== null ? { ...metric.sampling } : null;
    const params: GenerateParams = { model, dataset: `datasets.${on}`, prompts, limit, maxTokens, stop, sampling };
    const node = this.#add('generate', metric, subject, params, { ...inputs, rows: this.#rows(on), ...examples });
    return { node, output: 'responses' };
  }

  #rows(dataset: string): Input {
    const made = this.#datasets.node(dataset);
    if ('waitsFor' in made) throw new Error(`dataset ${dataset} is not known yet`);
    return { node: made.node, output: 'rows' };
  }

  #add(
    kind: keyof typeof groups,
    metric: BehaviourMetric,
    subject: Subject,
    params: GenerateParams | ExactMatchParams | JudgeParams | ModelJudgeParams | LossParams,
    inputs: Readonly<Record<string, Input>>,
    hints?: JudgeHints,
  ): string {
    const step = { id: stepId(kind, metric, subject), kind, params, inputs, group: `${groups[kind]} ${metric.name}` };
    return this.#builder.add({ ...step, ...(hints && { hints }) }, ...definitionsOf(metric, subject));
  }
}

const groups = {
  generate: 'Responses for',
  'exact-match': 'Scores of',
  judge: 'Scores of',
  'model-judge': 'Scores of',
  loss: 'Scores of',
} as const;

function stepId(kind: string, metric: BehaviourMetric, { text }: Subject): string {
  return `${kind}[${metric.name},${text}]`;
}

function definitionsOf(metric: BehaviourMetric, { metrics }: Subject): [string, ...string[]] {
  return [`metrics.${metric.name}`, ...metrics.get(metric)!];
}
