import { PackagingError } from '../package/packaging-error';

/** Environment variable that the Azure DevOps command line tools read a token from, too. */
export const tokenVariable = 'AZURE_DEVOPS_EXT_PAT';

/**
 * Takes the token from the option or from the environment, and out of the environment, so that programs started later do
 * not get it. Undefined if there is none. Throws PackagingError if it cannot be a token.
 */
export function takeToken(
  option: string | undefined,
  environment: Record<string, string | undefined>,
): string | undefined {
  const given = option ?? environment[tokenVariable];
  delete environment[tokenVariable];
  const token = given?.trim();
  if (token === undefined || (token === '' && option === undefined)) return undefined;
  const where = option === undefined ? `The variable ${tokenVariable}` : '--token';
  if (/^\$\(.*\)$/.test(token))
    throw new PackagingError(
      `${where} holds the name of a pipeline variable instead of its value`,
      'Define that variable as a secret, and map it in the env of the step.',
    );
  if (!/^[A-Za-z0-9][\w.~+/=-]*$/.test(token))
    throw new PackagingError(
      `${where} is no token`,
      'A token has letters, digits and . _ ~ + / = - only: copy it again, without quotes or spaces.',
    );
  return token;
}

/** The token, or PackagingError that says how to give it. `scope` is what a personal access token must be allowed. */
export function requireToken(token: string | undefined, scope: string): string {
  if (token !== undefined) return token;
  throw new PackagingError(
    'There is no token',
    `Put a Microsoft Entra token, or a personal access token with the scope ${scope}, into the variable ${tokenVariable}; docs/publishing.md says how to get one.`,
  );
}

/** A text without the token, also not in the form in which it is sent. */
export function maskToken(text: string, token: string | undefined): string {
  if (token === undefined) return text;
  const sent = ['OAuth', 'PAT', ''].map((user) =>
    Buffer.from(`${user}:${token}`).toString('base64'),
  );
  return [token, ...sent].reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
