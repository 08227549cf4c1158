import { join } from 'node:path';
import { EnvironmentError } from '../diagnostics/errors.js';
import { expanded, hubCacheFolder, hubHome, setting } from '../formats/hub-cache-folder.js';
import { readRegularFile } from '../formats/regular-file.js';

/** Addresses of the Hugging Face hub and its cache. The token is used for requests to `endpoint` only and never shown. */
export interface HubSettings {
  /** Address without a slash at the end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** The folder that holds `models--…` and `datasets--…`. */
  readonly cacheFolder: string;
  readonly offline: boolean;
}

/**
 * Reads the variables of huggingface_hub
 * (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables): HF_ENDPOINT, HF_TOKEN,
 * HF_TOKEN_PATH, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, with its defaults.
 */
export function hubSettings(environment: Readonly<Record<string, string | undefined>>): HubSettings {
  const set = (name: string) => setting(environment, name);
  return {
    endpoint: endpointOf(set('HF_ENDPOINT') ?? 'https://huggingface.co'),
    token:
      set('HF_TOKEN') ??
      set('HUGGING_FACE_HUB_TOKEN') ??
      savedToken(expanded(set('HF_TOKEN_PATH') ?? join(hubHome(environment), 'token'))),
    cacheFolder: hubCacheFolder(environment),
    offline: [set('HF_HUB_OFFLINE'), set('TRANSFORMERS_OFFLINE')].some((value) =>
      /^(1|on|yes|true)$/i.test(value ?? ''),
    ),
  };
}

function endpointOf(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new EnvironmentError('HF_ENDPOINT is not a URL', { cause, hint: 'For example https://huggingface.co' });
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw new EnvironmentError('HF_ENDPOINT must be an http or https URL without a user name or password', {
      hint: 'Give the secret as HF_TOKEN.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

/** The file that `hf auth login` writes. */
function savedToken(file: string): string | undefined {
  try {
    return readRegularFile(file).toString().trim() || undefined;
  } catch {
    return undefined;
  }
}
