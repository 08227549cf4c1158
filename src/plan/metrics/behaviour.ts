import type { EvaluationTableRow } from '../../steps/evaluation-table.js';
import type { Input } from '../../steps/step.js';
import { isBehaviour, kindOf } from '../../workflow/metrics/registry.js';
import { hasTrainingSeeds } from '../../workflow/models/training-seeds.js';
import { subspaceUses } from '../../workflow/subspaces/registry.js';
import type { BehaviourMetric, Sweep, Workflow } from '../../workflow/workflow.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import type { ProgramExpansion } from '../expand-programs.js';
import type { Waiting } from '../expand-updates.js';
import type { MeasuredModels } from '../measured-models.js';
import type { MeasuredModel } from '../model-node.js';
import type { PlanBuilder } from '../plan-builder.js';
import type { SweepPoint } from '../sweeps/kind.js';
import { sweepPlan } from '../sweeps/registry.js';
import type { PlanParts } from './kind.js';
import { behaviourPlan } from './registry.js';
import { type Later, ScoredModel } from './scored-model.js';

/** A model, or a point of a sweep, with all that is measured of it. */
interface Subject extends SweepPoint {
  /** Metrics, with the sweeps that ask for them: `sweeps.parallel`. */
  readonly metrics: Map<BehaviourMetric, Set<string>>;
}

/** What the table and the claims read: whose scores stand where. */
export interface BehaviourRow {
  readonly row: EvaluationTableRow;
  readonly scores: Input;
  readonly items?: Input;
  /** Part of the directions of the update that a rank uses, of a point that is one. */
  readonly share?: number;
}

/**
 * Adds the steps that run models and score what they do. All that is measured of one model stands together, so that the
 * worker makes a projected model once.
 */
export class BehaviourExpansion {
  readonly #workflow: Workflow;
  readonly #models: MeasuredModels;
  readonly #datasets: DatasetExpansion;
  readonly #programs: ProgramExpansion;
  readonly #builder: PlanBuilder;
  readonly #later: Later = [];

  constructor({ workflow, models, datasets, programs, builder }: Omit<PlanParts, 'updates' | 'projections'>) {
    this.#workflow = workflow;
    this.#programs = programs;
    this.#models = models;
    this.#datasets = datasets;
    this.#builder = builder;
  }

  /** @returns a row for each measurement, or what must be fetched before all can be known */
  expand(): readonly BehaviourRow[] | Waiting {
    const rows: BehaviourRow[] = [];
    const waitsFor = new Set<string>();
    const subjects = this.#subjects();
    for (const subject of subjects) {
      for (const metric of subject.metrics.keys()) {
        this.#builder.countResponses(metric.name, this.#isSeeded(subject.measured, metric));
      }
    }
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
    for (const { step, definitions } of this.#later) this.#builder.add(step, ...definitions);
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
        for (const name of new Set(sweepPlan(sweep).ends(sweep, this.#workflow)))
          measure(whole.get(name)!, metric, sweep);
        for (const subject of this.#points(sweep, points)) measure(subject, metric, sweep);
      }
    }
    return [...whole.values(), ...points.values()].filter((subject) => subject.metrics.size > 0);
  }

  /** Points that several sweeps share are measured once. */
  #points(sweep: Sweep, known: Map<string, Subject>): Subject[] {
    const parts = { workflow: this.#workflow, models: this.#models };
    return sweepPlan(sweep)
      .points(sweep, parts)
      .map((point) => {
        const subject = known.get(point.text) ?? { ...point, metrics: new Map() };
        known.set(point.text, subject);
        return subject;
      });
  }

  /** Whether what a metric measures is another with every training seed. */
  #isSeeded({ model, update, subspace }: SweepPoint['measured'], metric: BehaviourMetric): boolean {
    const { updates, subspaces } = this.#workflow;
    const onto = subspace === null ? {} : subspaceUses(subspaces.get(subspace)!);
    const changes = [update, onto.update].flatMap((name) => (name ? [updates.get(name)!] : []));
    const models = [model, ...changes.flatMap(({ from, to }) => [from, to]), ...(onto.models ?? [])];
    const all = [...models, ...(kindOf(metric).uses(metric).models ?? [])];
    return all.some((name) => name !== null && hasTrainingSeeds(name, this.#workflow));
  }

  /** What the data of a metric, or the model that judges, waits for. */
  #waitsFor(metric: BehaviourMetric): readonly string[] {
    const { datasets = [], models = [] } = kindOf(metric).uses(metric);
    const nodes: readonly object[] = [
      ...datasets.map((name) => this.#datasets.node(name)),
      ...models.map((name) => this.#models.named(name)),
    ];
    return nodes.flatMap((node) => ('waitsFor' in node ? (node as Waiting).waitsFor : []));
  }

  #measure(metric: BehaviourMetric, subject: Subject, model: MeasuredModel): BehaviourRow {
    const { name, kind } = metric;
    const plan = behaviourPlan(metric);
    const parts = {
      semantics: this.#workflow.semantics,
      models: this.#models,
      datasets: this.#datasets,
      programs: this.#programs,
      builder: this.#builder,
      later: this.#later,
    };
    const scored = new ScoredModel(metric, model, subject, definitionsOf(metric, subject), parts);
    const node = plan.score(metric, scored);
    const items = typeof plan.items === 'boolean' ? plan.items : plan.items(metric);
    const row = { ...subject.measured, metric: name, kind, items };
    const scores = { node, output: 'scores' };
    const share = subject.share === undefined ? {} : { share: subject.share() };
    return row.items ? { row, scores, items: { node, output: 'items' }, ...share } : { row, scores, ...share };
  }
}

function definitionsOf(metric: BehaviourMetric, { metrics }: Subject): [string, ...string[]] {
  return [`metrics.${metric.name}`, ...metrics.get(metric)!];
}
