/**
 * What is said of a connection whose URL was typed without a slash at its end: data sources put the path right behind it.
 * undefined when there is a slash.
 */
export function describeUrl(url: string): string | undefined {
  if (url.endsWith('/')) return undefined;
  const wanted = `${url.replace(/[?#].*$/, '').replace(/\/+$/, '')}/`;
  return `The URL "${url}" has no slash at its end. Whether there is one before the path depends on the service, and is not established. Type "${wanted}".`;
}
