/** What is used of the lerc package, which brings no types. */
declare module 'lerc' {
  export interface DecodedLerc {
    readonly width: number;
    readonly height: number;
    /** One array a band; bands that were encoded together share one, pixel by pixel. */
    readonly pixels: readonly ArrayLike<number>[];
    /** 1 where a pixel is valid, one value a pixel; absent when all are. */
    readonly mask?: Uint8Array | null;
    /** The same for each band, where bands differ. */
    readonly bandMasks?: readonly Uint8Array[];
  }
  const Lerc: {
    decode(data: ArrayBuffer, options: { returnPixelInterleavedDims: boolean }): DecodedLerc;
  };
  export default Lerc;
}
