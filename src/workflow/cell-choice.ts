import { coordinatesText } from './coordinates.js';
import type { Study, StudyCell } from './study.js';

/** What to say where one workflow is wanted and a matrix leaves several: the options in the hint leave one of them. */
export function cellChoice({ axes, cells }: Study): { readonly message: string; readonly hint: string } {
  const named = cells.find(({ label, coordinates }) => label !== coordinatesText(coordinates));
  // Options that fit a cell fit every cell with more coordinates too: none has more than this one.
  const furthest = cells.reduce((a, b) => (b.coordinates.size > a.coordinates.size ? b : a));
  const options = named === undefined ? optionsOf(furthest, axes) : [option('cell', named.label)];
  return {
    message: `the workflow has a matrix of ${cells.length} cells, and one is wanted`,
    hint: `Choose one, for example: ${options.join(' ')}`,
  };
}

function optionsOf({ coordinates }: StudyCell, axes: Study['axes']): string[] {
  return axes.flatMap(({ path, name }) => {
    const value = coordinates.get(name);
    return value === undefined ? [] : [option(path, value)];
  });
}

/** A value that YAML or a shell would read otherwise is a list of one text, in quotes. */
function option(path: string, value: string): string {
  if (/^[\w.+-]+$/.test(value)) return `--matrix ${path}=${value}`;
  return `--matrix '${path}=[${JSON.stringify(value).replaceAll("'", "'\\''")}]'`;
}
