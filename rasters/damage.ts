/** What is wrong with a file, found where its name is not known; each format's `index.ts` turns it into a RasterError. */
export class Damage extends Error {
  override readonly name = 'Damage';
}
