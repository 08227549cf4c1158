import { join } from 'node:path';
import { programEnvironment } from '../../../src/programs/program-environment.js';
import { runProgram } from '../../../src/programs/run-program.js';
import { WorkingFolder } from '../../../src/programs/working-folder.js';
import { escaping } from './program-lab.js';

/** Runs a program that never ends, in a folder: whoever starts this kills it. */
const folder = await WorkingFolder.make(join(process.argv[2]!, 'killed'));
const { variables, secrets } = programEnvironment([], folder.temporary, process.env);
await runProgram({
  file: process.execPath,
  arguments: ['-e', escaping('setInterval(() => {}, 1000)')],
  folder: folder.path,
  environment: variables,
  text: 'the program',
  mark: process.argv[2]!,
  timeoutSeconds: 600,
  secrets,
  onOutput: () => undefined,
});
