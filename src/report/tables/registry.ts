import { activationColumns } from './activations.js';
import { angleColumns } from './angles.js';
import { candidateColumns } from './candidates.js';
import { ckaColumns } from './cka.js';
import { claimColumns } from './claims.js';
import { cosineColumns } from './cosine.js';
import type { TableColumns } from './csv.js';
import { dataColumns } from './data.js';
import { energyColumns, tensorEnergyColumns } from './energy.js';
import { evaluationColumns } from './evaluation.js';
import { lossColumns } from './loss.js';
import { overlapColumns } from './overlap.js';
import { realignColumns } from './realign.js';
import { sampleColumns } from './samples.js';
import { spectrumColumns } from './spectrum.js';

/** Columns by the name of the file in a results folder. */
const byFile: Readonly<Record<string, TableColumns>> = {
  'activations.csv': activationColumns,
  'angles.csv': angleColumns,
  'cka.csv': ckaColumns,
  'claims.csv': claimColumns,
  'cosine.csv': cosineColumns,
  'data.csv': dataColumns,
  'energy-by-tensor.csv': tensorEnergyColumns,
  'energy.csv': energyColumns,
  'evaluation.csv': evaluationColumns,
  'loss.csv': lossColumns,
  'overlap.csv': overlapColumns,
  'realign.csv': realignColumns,
  'samples.csv': sampleColumns,
  'spectrum.csv': spectrumColumns,
};

/** What the columns of a result file hold; undefined of a table that runflow does not define. */
export function columnsOfFile(file: string): TableColumns | undefined {
  return file.startsWith('directions/') ? candidateColumns : byFile[file];
}

/** Files of tables that stand in the folder of results itself. */
export const tableFiles: readonly string[] = Object.keys(byFile);

/** Whether some table has a column of this name. */
export function isTableColumn(name: string): boolean {
  return [...Object.values(byFile), candidateColumns].some((columns) => Object.hasOwn(columns, name));
}
