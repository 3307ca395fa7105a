/** Something is wrong with what --describe was asked; the message says what to do. */
export class DescribeError extends Error {
  override readonly name = 'DescribeError';
}
