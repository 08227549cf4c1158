import { exitCodes } from '../diagnostics/exit-codes.js';
import type { Command } from './command.js';

export const command: Command = {
  name: 'lsp',
  usage: '',
  summary: 'Serve an editor: problems, definitions, hover texts and names of workflows',
  positionals: { min: 0, max: 0 },
  options: { stdio: { description: 'Speak over stdin and stdout; so it does anyway, but editors say it' } },
  details: `Editors start it. It speaks the Language Server Protocol over stdin and stdout until the editor closes it.
Keys, values and their descriptions come from the schema, by the editor's own support for YAML.`,
  async run() {
    const { serve } = await import('../language-server/server.js');
    await serve(process.stdin, process.stdout);
    // The connection looks after the editor's process for ever.
    process.exit(exitCodes.done);
  },
};
