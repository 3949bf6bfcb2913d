/**
 * What is wrong with a file that can't be right, found where its name is not known; `refusal.ts` turns it into a
 * RasterError. A sound file of a kind that isn't read is Unsupported instead.
 * @internal
 */
export class Damage extends Error {
  override readonly name = 'Damage';
}
