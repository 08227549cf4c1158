/** Names of variables that hold what must stand in no log and no record: keys, tokens, passwords. */
const secretName = /(_API_KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;
/** A shorter value may stand anywhere by chance, and protects nothing. */
const fewestCharacters = 8;

/** @returns a function that replaces the values of secret variables in a text by their names */
export function withoutSecrets(environment: NodeJS.ProcessEnv): (text: string) => string {
  const secrets = Object.entries(environment).flatMap(([name, value]) =>
    secretName.test(name) && value !== undefined && value.trim().length >= fewestCharacters
      ? [{ name, value: value.trim() }]
      : [],
  );
  return (text) => secrets.reduce((hidden, { name, value }) => hidden.replaceAll(value, `[${name}]`), text);
}
