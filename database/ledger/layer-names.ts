/**
 * What the layers of an extraction are called: a band's raw layer by the band, its clear layer by the band and a word. No band
 * and no index has a colon in its name.
 */

const CLEAR = ':clear';

/** `B04:clear` */
export function clearLayer(band: string): string {
  return `${band}${CLEAR}`;
}

/** The bands of raw layers, and those of clear ones. */
export function bandsOf(layers: readonly string[]): { bands: string[]; clearBands: string[] } {
  const isClear = (layer: string) => layer.endsWith(CLEAR);
  return {
    bands: layers.filter((layer) => !isClear(layer)),
    clearBands: layers.filter(isClear).map((layer) => layer.slice(0, -CLEAR.length)),
  };
}

/** `B04, clear pixels` */
export function layerInWords(layer: string): string {
  return layer.endsWith(CLEAR) ? `${layer.slice(0, -CLEAR.length)}, clear pixels` : layer;
}

/** Whether a column's layer is a clear one. */
export const IS_CLEAR = (column: string) => `${column} LIKE '%${CLEAR}'`;

/** The clear layer of a column's band. */
export const CLEAR_LAYER = (column: string) => `${column} || '${CLEAR}'`;

/** The band of a column's clear layer. */
export const CLEAR_BAND = (column: string) => `left(${column}, -${CLEAR.length})`;

/** All layers of an extraction, an array: those of its bands, and the clear ones. */
export const LAYERS_OF = (extraction: string) =>
  `(${extraction}.bands || ARRAY(SELECT one || '${CLEAR}' FROM unnest(${extraction}.clear_bands) AS one))`;
