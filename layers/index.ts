/**
 * Layers: what is measured besides bands as they are. An index is reckoned of several bands under one parcel at a time; a
 * mask narrows a parcel's spans to the pixels that count. Nothing here knows of files, databases or threads.
 *
 * {@link findIndex} reads an index's expression, {@link align} says how its bands' grids lie on each other, and an
 * {@link IndexLayer} measures it under spans. {@link MaskedSpans} narrows spans by a {@link Mask}, which {@link widenMask}
 * makes of a class map where clouds are to be kept away from.
 *
 * Terms. *Layer*: a grid with pixels and a validity, which is measured. *Source layer*: a band as decoded. *Derived layer*:
 * one of aligned source layers, an index. *Mask*: a layer of yes and no. *Calibration*: how stored numbers become physical
 * ones. *Alignment*: how a coarser grid lies under a finer one, whose pixels it is repeated on.
 *
 * @module layers
 */
export { align, finest, NotAligned } from './alignment.js';
export type { Alignment, GridOf } from './alignment.js';
export { checkNames, findIndex, IndexRefused, storedIndex, storedName, unknownLayer } from './indices.js';
export type { Index, OwnIndices } from './indices.js';
export { ExpressionMistake } from './expression-mistake.js';
export { IndexLayer } from './index-layer.js';
export type { IndexInput, Tally } from './index-layer.js';
export { PHYSICAL } from './input-reader.js';
export type { Calibration } from './input-reader.js';
export { Machine } from './program.js';
export type { NoResult, Program } from './program.js';
export { KeptAny } from './kept-any.js';
export { KEEPS_ALL_BUT_0, keepsAllBut, MaskedSpans } from './mask.js';
export type { Mask } from './mask.js';
export type { PixelWindow } from './pixel-window.js';
export { widenMask } from './widen.js';
export { pixelSizes } from './pixel-size.js';
export type { PixelSize, PixelSizes } from './pixel-size.js';
export { coarsenMask } from './coarsen.js';
