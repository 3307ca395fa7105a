/** A template that cannot be rendered: it is not valid, or names a helper or a variable that does not exist. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
