/** Indices that a CARD type knows by their usual names: expressions of its bands, in physical numbers, pixel by pixel. */

export interface SpectralIndex {
  /** `NDVI`, as the field writes it. */
  readonly name: string;
  /** For results tables whose column is CbM's `char(3)`: three characters at most. */
  readonly short: string;
  /** Arithmetic of bands as the CARD type names them. */
  readonly expression: string;
  /** What it is about, and who gave it. */
  readonly about: string;
  /** Series are looked at by it: views show its spread, and its like reckoned of means. Its expression is one quotient. */
  readonly leads?: boolean;
}

export interface CardIndices {
  /** The bands that may stand in an expression, of known indices and of people's own: those that measure something. */
  readonly inputs: readonly string[];
  /** How many stored numbers, once harmonised, a physical unit has: 10000 for reflectance. */
  readonly unit: number;
  readonly known: readonly SpectralIndex[];
}
