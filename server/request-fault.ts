/** Something is wrong with what was asked: told to who asked, with the remedy. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';

  constructor(
    readonly status: 400 | 404 | 413 | 422 | 503,
    message: string,
  ) {
    super(message);
  }
}
