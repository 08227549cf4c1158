import { exitCodes } from '../diagnostics/exit-codes.js';
import { executorsSchemaText, schemaText } from '../workflow/schema.js';
import type { Command } from './command.js';
import { print } from './output.js';

export const command: Command = {
  name: 'schema',
  usage: '',
  summary: 'Print the JSON Schema of workflows, the reference of the language, or that of the executors file',
  positionals: { min: 0, max: 0 },
  options: { executors: { description: 'Print the schema of the executors file instead' } },
  details: 'For completion in an editor: runflow schema > workflow.schema.json',
  async run(invocation) {
    print(invocation.switch('executors') ? executorsSchemaText() : schemaText());
    return exitCodes.done;
  },
};
