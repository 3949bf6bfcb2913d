/** How a tile-component is coded, and in which order its packets come. */

/** Progression orders by their code (table A.16): layer, resolution, component and position from slow to fast. */
export const PROGRESSIONS = ['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] as const;
export type Progression = (typeof PROGRESSIONS)[number];

/** Coding style of a component (table A.15). */
export interface CodingStyle {
  /** Decomposition levels, NL. */
  readonly levels: number;
  /** Exponents of the nominal code-block size, xcb and ycb. */
  readonly blockExponentX: number;
  readonly blockExponentY: number;
  /** Code-block style (table A.19): 0 unless bypass, reset, termination, causal contexts or segmentation symbols. */
  readonly blockStyle: number;
  /** 5/3 if true, else 9/7 (table A.20). */
  readonly reversible: boolean;
  /** Exponents of precinct sizes, PPx and PPy, by resolution level (table A.21). */
  readonly precincts: readonly { readonly x: number; readonly y: number }[];
}

/** A part of a tile's packets and its order: a whole tile, or what a progression order change (POC, A.6.6) names. */
export interface Volume {
  readonly progression: Progression;
  readonly firstResolution: number;
  readonly firstComponent: number;
  /** Behind the last ones. */
  readonly resolutions: number;
  readonly components: number;
  readonly layers: number;
}
