import type { Artifacts } from '../formats/artifact.js';
import type { Checkpoint } from '../formats/checkpoint.js';
import type { ModelFacts, ProgramFacts } from '../plan/facts.js';
import type { Plan, Source } from '../plan/plan.js';
import type { Store } from '../store/store.js';
import type { Study } from '../workflow/study.js';
import { Catalog, type CatalogOptions, SharedFolders } from './catalog.js';
import type { StudyPrograms } from './programs/study-programs.js';

/** The catalogs of all cells; what several cells find in one place is read once. */
export class StudyCatalog {
  readonly #catalogs: ReadonlyMap<string, Catalog>;

  constructor(
    study: Study,
    store: Store,
    { programs, ...options }: Omit<CatalogOptions, 'programs'> & { readonly programs?: StudyPrograms } = {},
  ) {
    const shared = new SharedFolders();
    this.#catalogs = new Map(
      study.cells.map(({ label, workflow }) => {
        const own = programs === undefined ? options : { ...options, programs: programs.of(label) };
        return [label, new Catalog(workflow, store, own, shared)];
      }),
    );
  }

  /** @param cell its label */
  facts(cell: string): Promise<Map<string, ModelFacts>> {
    return this.#catalogs.get(cell)!.facts();
  }

  /** What is known of a cell's programs of the user's. @param cell its label */
  programs(cell: string): Promise<ReadonlyMap<string, ProgramFacts>> {
    return this.#catalogs.get(cell)!.programs();
  }

  /** The artifacts of a source of a cell's own plan. */
  source(cell: string, source: Source): Promise<Artifacts> {
    return this.#catalogs.get(cell)!.source(source);
  }

  /** The headers of a model's folder. @param cell its label */
  checkpoint(cell: string, model: string): Promise<Checkpoint> {
    return this.#catalogs.get(cell)!.checkpoint(model);
  }

  /** The artifacts of the plan's sources, by node. */
  async sources(plan: Plan): Promise<Map<string, Artifacts>> {
    const sources = new Map<string, Artifacts>();
    for (const [node, source] of plan.sources) {
      sources.set(node, await this.#catalogs.get(source.cell ?? '')!.source(source));
    }
    return sources;
  }
}
