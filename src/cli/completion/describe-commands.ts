/** A part of the build: writes what the shells complete of each command. Loading all commands would take them too long. */
import { writeFileSync } from 'node:fs';
import { commands } from '../commands.js';
import { describeCommand, descriptionsFile } from './description.js';

const listed = Object.entries(commands).filter(([, { hidden }]) => !hidden);
const described = listed.map(async ([name, { load }]) => {
  const { command } = await load();
  return [name, describeCommand(command)] as const;
});
writeFileSync(descriptionsFile, `${JSON.stringify(Object.fromEntries(await Promise.all(described)))}\n`);
