/** What can go wrong with a STAC source, told apart by what helps: mending the settings, or waiting. */

/** The source refuses us, is no STAC source, or has no such collection: a person has to act. */
export class StacDenied extends Error {
  override readonly name = 'StacDenied';
}

/** Anything that may pass by itself: no answer in time, 5xx, throttling, an answer that was cut. */
export class StacFailure extends Error {
  override readonly name = 'StacFailure';
  constructor(
    message: string,
    /** When the source wants to be asked again, where it says so. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}
