/** Why something could not be measured; the message says what is needed. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}
