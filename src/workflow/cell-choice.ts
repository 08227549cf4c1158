import { shellWord } from '../diagnostics/shell-word.js';
import { coordinatesText } from './coordinates.js';
import type { CellValue, Study, StudyAxis, StudyCell } from './study.js';

/** What to say where one workflow is wanted and a matrix leaves several: the options in the hint leave one of them. */
export function cellChoice({ axes, cells }: Study): { readonly message: string; readonly hint: string } {
  // Options that fit a cell fit every cell with more coordinates too: none has more than this one.
  const furthest = cells.reduce((a, b) => (b.coordinates.size > a.coordinates.size ? b : a));
  const options = choiceOf(cells.find(isNamed) ?? furthest, axes).map((text) => `--matrix ${shellWord(text)}`);
  return {
    message: `the workflow has a matrix of ${cells.length} cells, and one is wanted`,
    hint: `Choose one, for example: ${options.join(' ')}`,
  };
}

/** What `--matrix` takes, option by option, to leave the cell of a workflow: its name, or its value on every axis. */
export function choiceOf(cell: StudyCell, axes: readonly StudyAxis[]): string[] {
  if (isNamed(cell)) return [`cell=${yamlText({ value: cell.label, written: cell.label })}`];
  return axes.flatMap(({ path, name }, index) => {
    const value = cell.coordinates.has(name) ? cell.values[index] : undefined;
    return value == null ? [] : [`${path}=${yamlText(value)}`];
  });
}

function isNamed({ label, coordinates }: StudyCell): boolean {
  return label !== coordinatesText(coordinates);
}

/** A text that YAML would read as several values, or as another one, is a list of one text in quotes. */
function yamlText({ value, written }: CellValue): string {
  const isPlain =
    typeof value !== 'string' || (/^[A-Za-z_][\w.+-]*$/.test(value) && !/^(true|false|null)$/i.test(value));
  return isPlain ? written : `[${JSON.stringify(value)}]`;
}
