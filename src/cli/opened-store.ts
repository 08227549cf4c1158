import { storeLocation } from '../store/location.js';
import type { Participant } from '../store/participant.js';
import { Store } from '../store/store.js';
import type { Invocation } from './command.js';
import { folderOption } from './folder-option.js';

/** The option `--store` of a command. */
export const storeOption = {
  store: {
    description: 'Folder of the store, instead of RUNFLOW_STORE or the user cache folder',
    value: 'DIR',
    completes: 'folder',
  },
} as const;

/** The store that an invocation means. */
export function openedStore(invocation: Invocation, replaced: Partial<Participant> = {}): Store {
  return Store.open(storeLocation(folderOption(invocation, 'store'), process.env), replaced);
}
