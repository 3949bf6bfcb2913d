/**
 * Which pixels of a TIFF image its own mask leaves out: an image of its own that says so (TIFF 6.0, NewSubfileType), or an
 * alpha band where GDAL takes one for a mask.
 *
 * A mask's pixel is 0 where the image has no data. Pixels that it leaves out are given as 0, which is no-data in every
 * raster.
 */
import type { ByteRange } from '../byte-ranges.js';
import type { FileSource } from '../file-source.js';
import { pixelArray, type Target, type Window } from '../raster.js';
import { Unsupported } from '../unsupported.js';
import type { Directory } from './directory.js';
import { TiffImage } from './image.js';

/** Bits of NewSubfileType. */
const REDUCED = 1;
const MASK = 4;
/** Values of ExtraSamples: alpha, multiplied into the other bands or not. */
const ALPHA: readonly number[] = [1, 2];

export class Mask {
  private constructor(
    private readonly image: TiffImage,
    /** The mask's own band, or undefined where it has one for each of the image. */
    private readonly band: number | undefined,
  ) {}

  /**
   * The mask of an image, undefined where it has none.
   * @param later the directories after the image's own.
   * @throws Damage, Unsupported for a mask that can't be read, or is not of the image's size.
   */
  static of(
    image: TiffImage,
    source: FileSource,
    directory: Directory,
    later: readonly Directory[],
  ): Mask | undefined {
    const found = later.find((one) => ((one.number('NewSubfileType') ?? 0) & (MASK | REDUCED)) === MASK);
    if (found === undefined) return Mask.ofAlpha(image, directory);
    const mask = new TiffImage(source, found);
    const { width, height, bandCount, pixelType } = mask.layout;
    const isWhole = width === image.layout.width && height === image.layout.height;
    if (!isWhole || pixelType !== 'uint8' || ![1, image.layout.bandCount].includes(bandCount))
      throw new Unsupported(`has a mask of ${width} x ${height} ${pixelType} pixels in ${bandCount} bands`);
    return new Mask(mask, bandCount === 1 ? 1 : undefined);
  }

  /** GDAL's rule: the last of two or four bands of whole numbers without sign, where no no-data value is declared. */
  private static ofAlpha(image: TiffImage, directory: Directory): Mask | undefined {
    const { bandCount, pixelType } = image.layout;
    const extra = directory.numbers('ExtraSamples') ?? [];
    const isMask =
      (bandCount === 2 || bandCount === 4) &&
      (pixelType === 'uint8' || pixelType === 'uint16') &&
      image.noData === undefined &&
      ALPHA.includes(extra[extra.length - 1] ?? 0);
    return isMask ? new Mask(image, bandCount) : undefined;
  }

  /** Where what `apply` reads lies in the file. */
  rangesOf(band: number, window: Window): ByteRange[] {
    return this.image.rangesOf(this.band ?? band, window);
  }

  /** Sets the pixels of band `band` in the window to 0 where they are left out. */
  async apply(band: number, window: Window, target: Target): Promise<void> {
    const { width, height } = window;
    const valid = pixelArray(this.image.layout.pixelType, width * height);
    await this.image.readWindow(this.band ?? band, window, { pixels: valid, offset: 0, stride: width });
    const { pixels, offset, stride } = target;
    for (let row = 0, from = 0; row < height; row++) {
      for (let to = offset + row * stride, end = to + width; to < end; to++, from++)
        if (valid[from] === 0) pixels[to] = 0;
    }
  }
}
