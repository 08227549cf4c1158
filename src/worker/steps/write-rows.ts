import type { StepContext } from '../step-context.js';

const partCharacters = 1 << 20;

/** Writes rows, each a JSON text, as JSON lines, part by part. */
export async function writeRows(context: StepContext, rows: Iterable<string>): Promise<void> {
  const writer = await context.writer('rows');
  try {
    let lines: string[] = [];
    let length = 0;
    for (const row of rows) {
      lines.push(row, '\n');
      length += row.length;
      if (length < partCharacters) continue;
      await writer.append(Buffer.from(lines.join('')));
      lines = [];
      length = 0;
    }
    if (lines.length > 0) await writer.append(Buffer.from(lines.join('')));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
