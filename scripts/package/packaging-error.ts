/** Something that whoever packs or publishes can mend: what is wrong, and what to do. */
export class PackagingError extends Error {
  override readonly name = 'PackagingError';
  constructor(what: string, hint: string, options?: ErrorOptions) {
    super(`${what}. ${hint}`, options);
  }
}
