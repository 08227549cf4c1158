import { SecretValues } from '../programs/secret-values.js';

/** Names of variables that hold what must stand in no log and no record: keys, tokens, passwords. */
const secretName =
  /((^|_)(KEY|PAT|PASS|PASSPHRASE)|API_?KEY|TOKEN|PASSWORD|PASSWD|CREDENTIALS?)$|ACCESS_?KEY|(^|_)SECRET(_|$)|SECRET$/i;
/** A shorter value may stand anywhere by chance, and protects nothing. */
const fewestCharacters = 8;

/**
 * @param named further variables that may hold secrets: those that the workflow's programs are given
 * @returns a function that replaces the values of secret variables in a text by their names
 */
export function withoutSecrets(
  environment: NodeJS.ProcessEnv,
  named: ReadonlySet<string> = new Set(),
): (text: string) => string {
  const secrets = Object.entries(environment).filter((entry): entry is [string, string] => {
    const [name, value = ''] = entry;
    return (secretName.test(name) || named.has(name)) && value.trim().length >= fewestCharacters;
  });
  const values = new SecretValues(new Map(secrets), fewestCharacters);
  return (text) => values.hide(text);
}
