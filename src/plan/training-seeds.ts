import type { OfTrainingSeed } from '../steps/model-rows.js';
import type { Input } from '../steps/step.js';

/** A row of a table with the training seed that what it is made of depends on. */
export type WithTrainingSeed<Row> = Row & OfTrainingSeed;

/**
 * What of a plan depends on training seeds. The workflow is unrolled once a seed, one round after another: a step that
 * takes anything from a model of a seed is a step of that seed and has it in its id. All others are equal in every round.
 */
export class TrainingSeeds {
  readonly #seeds: readonly (number | undefined)[];
  readonly #ofNode = new Map<string, number>();
  readonly #rows = new Map<string, (readonly unknown[])[]>();
  #round = 0;

  /** @param seeds undefined: the workflow lists none, and there is one round */
  constructor(seeds: readonly number[] | undefined) {
    this.#seeds = seeds ?? [undefined];
  }

  /** Calls `unroll` once a round. */
  eachRound(unroll: (seed: number | undefined) => void): void {
    for (const [round, seed] of this.#seeds.entries()) {
      this.#round = round;
      unroll(seed);
    }
  }

  get rounds(): number {
    return this.#seeds.length;
  }

  get isLastRound(): boolean {
    return this.#round === this.#seeds.length - 1;
  }

  /** The seed that a node depends on; undefined: none. */
  of(nodes: Iterable<Pick<Input, 'node'>>): number | undefined {
    for (const { node } of nodes) {
      const seed = this.#ofNode.get(node);
      if (seed !== undefined) return seed;
    }
    return undefined;
  }

  /**
   * The id of a step in this round.
   * @param trained whether it trains a model that lists seeds
   */
  idOf(id: string, inputs: Readonly<Record<string, Input>>, trained: boolean): string {
    const seed = trained ? this.#seeds[this.#round] : this.of(Object.values(inputs));
    if (seed === undefined) return id;
    const own = `${seedPrefix}${seed}/${id}`;
    this.#ofNode.set(own, seed);
    return own;
  }

  /**
   * The rows of all rounds: a row of every training seed after the other, then the next row. What takes nothing from a model of
   * a seed stands there once. Undefined before the last round.
   *
   * @param name the same in every round, which have equally many rows
   */
  join<Row>(
    name: string,
    rows: readonly Row[],
    inputsOf: (row: Row) => Iterable<Input>,
  ): WithTrainingSeed<{ readonly row: Row }>[] | undefined {
    const rounds = this.#rows.get(name) ?? [];
    this.#rows.set(name, rounds);
    rounds[this.#round] = rows;
    if (!this.isLastRound) return undefined;
    return rows.flatMap((_, index) =>
      (rounds as (readonly Row[])[]).flatMap((ofRound, round) => {
        const row = ofRound[index]!;
        const trainingSeed = this.of(inputsOf(row));
        if (trainingSeed !== undefined) return [{ row, trainingSeed }];
        return round === 0 ? [{ row }] : [];
      }),
    );
  }
}

const seedPrefix = 'training_seed=';

/** The id of a step without the training seed that it is of: it names the steps of all seeds. */
export function withoutTrainingSeed(id: string): string {
  return id.startsWith(seedPrefix) ? id.slice(id.indexOf('/') + 1) : id;
}
