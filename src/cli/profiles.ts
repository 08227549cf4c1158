import { InvalidWorkflowError } from '../diagnostics/errors.js';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { printableLine } from '../diagnostics/printable.js';
import type { Json } from '../formats/json.js';
import { listProfiles } from '../workflow/load.js';
import type { Profile } from '../workflow/profiles.js';
import { columns } from './columns.js';
import type { Command } from './command.js';
import { print, printJson } from './output.js';

export const command: Command = {
  name: 'profiles',
  usage: 'FILE',
  summary: 'List the profiles of a workflow: which models each gives, and where it is defined',
  positionals: { min: 1, max: 1 },
  completes: ['workflow'],
  options: {
    json: { description: 'Print one JSON object: {profiles: [{name, own, models, defined: [{file, line, column}]}]}' },
  },
  details: [
    'Profiles stand under profiles: in the workflow and in what it includes, or are files of the folder profiles/ beside it.',
    'The one with a star is what the workflow itself names; --profile NAME of other commands takes another.',
  ].join('\n'),
  async run(invocation) {
    const [file] = invocation.positionals;
    const listed = await listProfiles(file!);
    if (!listed.ok) throw new InvalidWorkflowError(listed.diagnostics);
    const { profiles, own } = listed.value;
    if (invocation.switch('json')) {
      const described = profiles.map((profile) => {
        const { name, models } = profile;
        return { name, own: name === own, models, defined: placesOf(profile) };
      });
      printJson({ profiles: described });
      return exitCodes.done;
    }
    if (profiles.length === 0) {
      print(`${printableLine(file!)} has no profiles\n`);
      return exitCodes.done;
    }
    const rows = profiles.map((profile) => [
      profile.name === own ? '*' : '',
      profile.name,
      Object.entries(profile.models).map(modelText).join(', ') || 'none of its own',
      placesOf(profile).map(placeText).join(', '),
    ]);
    print(columns([['', 'PROFILE', 'MODELS', 'DEFINED IN'], ...rows].map((row) => row.map(printableLine))));
    return exitCodes.done;
  },
};

interface PlaceOfProfile {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

function placesOf({ file, places }: Profile): PlaceOfProfile[] {
  const inline = places.map(({ file: name, start: { line, column } }) => ({ file: name, line, column }));
  return file === undefined ? inline : [{ file }, ...inline];
}

function placeText({ file, line, column }: PlaceOfProfile): string {
  return line === undefined ? file : `${file}:${line}:${column}`;
}

/** `base: hub Qwen/Qwen2.5-1.5B`: a model by the first thing that its definition says. */
function modelText([name, definition]: readonly [string, Json]): string {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) return name;
  const [first] = Object.entries(definition);
  if (first === undefined) return name;
  const [key, value] = first;
  return typeof value === 'object' ? `${name}: ${key}` : `${name}: ${key} ${value}`;
}
