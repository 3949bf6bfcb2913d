/** Sizes in words. */

/** `1.5 GB`; of less than a tenth `12 MB`. */
export function gigabytes(bytes: number): string {
  return bytes >= 1e8 || bytes === 0 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
