import { measuredCell } from '../history/measured-cell.js';
import type {
  AskedRecord,
  EndRecord,
  Failure,
  MeasuredCell,
  PlannedKinds,
  ResultsDocument,
} from '../history/record.js';
import type { PlannedCell } from '../plan/plan.js';
import type { ActiveRun } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { hasMatrix, type Study, type StudyCell } from '../workflow/study.js';
import type { EventBus } from './events.js';
import type { Prepared } from './prepare.js';
import { cellFolder } from './results/name.js';

/** Failed steps that a record names. */
const failuresKept = 20;

/** What is known of a run besides its events. */
interface Ending {
  readonly seconds: number;
  readonly device: EndRecord['device'];
  readonly counts: EndRecord['counts'];
  /** The plan as the run left it; undefined when it never came to one. */
  readonly prepared: Prepared | undefined;
}

/** Writes down what a run was, for whoever looks back at it. */
export class Chronicle {
  readonly #store: Store;
  readonly #run: ActiveRun;
  readonly #failures: Failure[] = [];
  readonly #unsubscribe: () => void;
  readonly #redacted: (text: string) => string;

  /** @param redacted takes out of a text what must not be kept; events are without it */
  constructor(store: Store, run: ActiveRun, events: EventBus, redacted: (text: string) => string) {
    this.#store = store;
    this.#run = run;
    this.#redacted = redacted;
    this.#unsubscribe = events.subscribe((event) => {
      if (event.type !== 'step-failed' || this.#failures.length === failuresKept) return;
      const { step, message, hint, origin } = event;
      this.#failures.push({
        step,
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(origin === undefined ? {} : { origin }),
      });
    });
  }

  async begin(study: Study, targets: readonly string[], versions: AskedRecord['versions']): Promise<void> {
    const { written, cells } = writtenStudy(study);
    const texts = written.texts.map(({ file, text }) => ({ file, text: this.#redacted(text) }));
    const record: AskedRecord = {
      written: { ...written, texts },
      ...(cells === undefined ? {} : { cells }),
      targets,
      versions,
    };
    await this.#store.runs.writeDocument(this.#run.record.id, 'workflow', record);
  }

  /** What the run is about to do: told with each plan. */
  async planned({ steps }: Prepared): Promise<void> {
    const kinds: PlannedKinds = Object.fromEntries(steps.map(({ id, kind }) => [id, kind]));
    await this.#store.runs.writeDocument(this.#run.record.id, 'kinds', kinds);
  }

  /** The results folder as it is now. */
  async published(results: ResultsDocument): Promise<void> {
    await this.#store.runs.writeDocument(this.#run.record.id, 'results', results);
  }

  async end({ seconds, device, counts, prepared }: Ending): Promise<void> {
    this.#unsubscribe();
    const measures: MeasuredCell[] = [];
    for (const cell of prepared?.plan.cells ?? []) measures.push(await this.#measured(cell, prepared!));
    const record: EndRecord = { seconds, device, counts, failures: this.#failures, measures };
    await this.#store.runs.writeDocument(this.#run.record.id, 'end', record);
  }

  #measured({ label, coordinates }: PlannedCell, { plan, outcomes }: Prepared): Promise<MeasuredCell> {
    const folder = label === '' ? '' : `${cellFolder(label)}/`;
    return measuredCell(this.#store, Object.fromEntries(coordinates), (file) => {
      const result = plan.results.find((one) => one.file === `${folder}${file}`);
      const outcome = result === undefined ? undefined : outcomes.get(result.node);
      return outcome?.status === 'cached' ? outcome.outputs[result!.output] : undefined;
    });
  }
}

/** The workflow of the first cell with the texts of all, and of a matrix what each cell was read with. */
function writtenStudy(study: Study): Pick<AskedRecord, 'written' | 'cells'> {
  const [{ workflow: first }] = study.cells as [StudyCell];
  if (!hasMatrix(study)) return { written: first.written };
  const all = study.cells.flatMap(({ workflow }) => workflow.written.texts.map((one) => [one.file, one] as const));
  const cells = study.cells.map(({ label, coordinates, workflow }) => {
    const { profile, cell: values = [] } = workflow.written;
    const named = { label, coordinates: Object.fromEntries(coordinates) };
    return profile === undefined ? { ...named, values } : { ...named, profile, values };
  });
  return { written: { ...first.written, texts: [...new Map(all).values()] }, cells };
}
