/** The path without /Workspace in front, which names the same object. */
export function withoutWorkspacePrefix(path: string): string {
  return path.replace(/^\/Workspace(?=\/)/, '');
}
