import { PackagingError } from '../package/packaging-error';

const extensionName = /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/;
const organizationName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/;

/** Throws PackagingError unless both can be names in the Marketplace. */
export function checkExtensionNames(publisher: string, id: string): void {
  for (const [what, name] of [
    ['publisher', publisher],
    ['id', id],
  ] as const)
    if (!extensionName.test(name))
      throw new PackagingError(
        `The ${what} "${name}" is not possible`,
        `It starts with a letter or digit and has letters, digits and - only${
          what === 'publisher' ? '; take the ID of the publisher, not its name' : ''
        }.`,
      );
}

/** Name of the organisation that a name or an address means: `me`, `https://dev.azure.com/me`, `https://me.visualstudio.com`. */
export function parseOrganizationName(text: string): string {
  const name =
    /^https:\/\/dev\.azure\.com\/([^/]+)\/?$/i.exec(text)?.[1] ??
    /^https:\/\/([^./]+)\.visualstudio\.com(?:\/DefaultCollection)?\/?$/i.exec(text)?.[1] ??
    text;
  if (organizationName.test(name)) return name;
  throw new PackagingError(
    `"${text}" is no organisation`,
    'Give its name, as in https://dev.azure.com/NAME: letters, digits and - only.',
  );
}

/**
 * Address of an organisation or collection in the form that tfx takes, from any form that people have at hand. Throws
 * PackagingError for a project, for http (but to loopback), and for anything that is no address.
 */
export function parseOrganizationUrl(text: string): string {
  if (organizationName.test(text)) return `https://dev.azure.com/${text}`;
  const url = parseServiceUrl(text, '--organization');
  const path = url.pathname.split('/').filter((part) => part !== '');
  const [, old] = /^(.+)\.visualstudio\.com$/i.exec(url.hostname) ?? [];
  const parts = old === undefined ? path : [old, ...path.filter(isProjectLevel)];
  const wanted = url.hostname !== 'dev.azure.com' && /^tfs$/i.test(parts[0] ?? '') ? 2 : 1;
  if (parts.length < wanted)
    throw new PackagingError(
      `"${text}" does not name an organisation`,
      'Write https://dev.azure.com/NAME, or on a server https://SERVER/tfs/COLLECTION.',
    );
  if (parts.length > wanted)
    throw new PackagingError(
      `"${text}" goes deeper than an organisation`,
      'Tasks belong to a whole organisation: leave out the project, https://dev.azure.com/NAME.',
    );
  return `${old === undefined ? url.origin : 'https://dev.azure.com'}/${parts.join('/')}`;
}

function isProjectLevel(part: string): boolean {
  return !/^DefaultCollection$/i.test(part);
}

/** Address without credentials, query and fragment; http only to loopback, because a token is sent there. */
export function parseServiceUrl(text: string, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new PackagingError(`${option} "${text}" is no web address`, 'It starts with https://.');
  if (url.username !== '' || url.search !== '' || url.hash !== '')
    throw new PackagingError(
      `${option} may have neither a user name, nor a query, nor a fragment`,
      'Give the plain address; the token goes into the variable AZURE_DEVOPS_EXT_PAT.',
    );
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback)
    throw new PackagingError(
      `${option} "${text}" is not encrypted`,
      'Use https: the token would be readable on the way.',
    );
  return url;
}
