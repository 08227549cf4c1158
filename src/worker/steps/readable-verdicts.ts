import { StepError } from '../../diagnostics/errors.js';
import { VerdictFolder } from '../../eval/verdict-cache.js';
import { encodeCanonical } from '../../formats/canonical.js';
import { type Digest, digestOf, hexOf } from '../../formats/digest.js';
import type { Json } from '../../formats/json.js';
import type { StepContext } from '../step-context.js';

/** So many replies without a verdict are no chance: the rubric, the model or max-tokens is wrong. */
const tellingReplies = 20;

/**
 * Looks whether what a judge said could be read. A set of responses without any verdict has no mean. Where the set is large
 * enough to tell, and no reply of this judge to this rubric could ever be read, it fails the step: the other sets would be
 * paid for in vain. Else the first such set of a run is a warning, and others are in the log.
 *
 * @param judge What decides the verdicts besides the responses: the same for all sets of a metric.
 * @param said What the judge answered, of each score.
 * @throws StepError
 */
export async function checkReadable(
  context: StepContext,
  judge: Json,
  scores: readonly (number | null)[],
  said: readonly string[],
): Promise<void> {
  const key = digestOf(encodeCanonical({ read: judge }));
  const invalid = scores.filter((score) => score === null).length;
  const folder = new VerdictFolder(await context.memory('verdicts'));
  const wasRead = (await folder.get(key)) !== undefined;
  if (invalid < scores.length) {
    if (!wasRead) await folder.put(key, { text: null, reason: 'replies to this rubric could be read' });
  } else if (!wasRead && scores.length >= tellingReplies) {
    throw new StepError(`No reply of the judge to ${scores.length} responses holds a verdict that can be read`, {
      hint: `${whatToCheck(said)} If this set of responses alone has none, \`--keep-going\` judges the others, and the next run counts it as invalid.`,
    });
  }
  await tellInvalid(context, key, scores, said);
}

/** Says how many responses have no verdict, and warns once a run when none has: then there is no mean. */
export async function tellInvalid(
  context: StepContext,
  judge: Digest,
  scores: readonly (number | null)[],
  said: readonly string[],
): Promise<void> {
  const invalid = scores.filter((score) => score === null).length;
  if (invalid === 0) return;
  if (invalid < scores.length) {
    context.log(`${invalid} of ${scores.length} verdicts are invalid and in no mean`);
    return;
  }
  const message = `no verdict of ${scores.length} can be read, so there is no mean`;
  if (await isFirst(context, judge)) context.warn(message, whatToCheck(said));
  else context.log(message);
}

function whatToCheck([first]: readonly string[]): string {
  return `The first answer of the judge: ${JSON.stringify(excerpt(first!))}. Check its rubric, its model and max-tokens.`;
}

/** Whether no step of the run has warned of this judge. */
async function isFirst(context: StepContext, key: Digest): Promise<boolean> {
  let first = true;
  await context.changeShared<boolean>(`unreadable-${hexOf(key)}`, (before) => {
    first = before === undefined;
    return true;
  });
  return first;
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
