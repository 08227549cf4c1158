import type { StepContext } from '../step-context.js';

/** The JSON of inputs `<row>/0` … `<row>/<count - 1>`, one at a time. */
export async function* jsonInputs<T>(context: StepContext, row: string, count: number): AsyncGenerator<T> {
  for (let index = 0; index < count; index++) {
    context.signal.throwIfAborted();
    const bytes = await context.read(context.input(`${row}/${index}`));
    yield JSON.parse(new TextDecoder().decode(bytes)) as T;
  }
}
