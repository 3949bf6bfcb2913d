/** What is wrong with a stream, found where the file's name is not known; `index.ts` turns it into a RasterError. */
export class Damage extends Error {
  override readonly name = 'Damage';
}
