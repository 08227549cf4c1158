import type { Figure } from '../figures/figure.js';
import { type FigureBytes, type FigureChoice, filesOf } from '../figures/figure-files.js';
import { sections } from '../sections/registry.js';
import { combinedFigures } from './combined-figure.js';
import { claimSources, type FigureSource, type StudyInput, sourcesOf } from './study-input.js';

/** What the figures of a part are made of: claims are judged in cells, all else is of groups. */
function figureSources(input: StudyInput, part: string): readonly FigureSource[] {
  if (part !== 'claims') return sourcesOf(input, part, 'figures');
  return input.params.claims.figure ? claimSources(input) : [];
}

/** The figures of a study by the part of the report that has them, in the order of the page. */
export function studyFigures(input: StudyInput): ReadonlyMap<string, readonly Figure[]> {
  const figures = Object.entries(sections).map(([part, section]) => {
    return [part, combinedFigures(section, figureSources(input, part))] as const;
  });
  return new Map(figures);
}

/** The same as files, one after the other. The same input gives the same bytes. */
export async function* studyFigureFiles(
  input: StudyInput,
  { columns, formats, names }: Omit<FigureChoice, 'parts'>,
): AsyncGenerator<FigureBytes> {
  for (const figures of studyFigures(input).values()) {
    for (const figure of figures) {
      if (names === undefined || names.includes(figure.name)) yield* filesOf(figure, { columns, formats });
    }
  }
}
