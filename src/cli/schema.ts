import { exitCodes } from '../diagnostics/exit-codes.js';
import { schemaText } from '../workflow/schema.js';
import type { Command } from './command.js';
import { print } from './output.js';

export const command: Command = {
  name: 'schema',
  usage: '',
  summary: 'Print the JSON Schema of workflows: the reference of the language',
  positionals: { min: 0, max: 0 },
  options: {},
  details: 'For completion in an editor: runflow schema > workflow.schema.json',
  async run() {
    print(schemaText());
    return exitCodes.done;
  },
};
