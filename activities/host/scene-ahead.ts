/**
 * Decodes blocks of a scene that is being staged as soon as their bytes are there, so that threads are busy while the line is.
 * It is no more than a start: what fails, finds no memory or turns out to be needed otherwise is left to the extraction.
 */
import type { BandSource } from '../../cards/card.js';
import type { DecodedAhead } from '../../extraction/decoded-ahead.js';
import { blockWindow } from '../../extraction/image.js';
import type { Needs } from '../../extraction/needed-windows.js';
import type { StagedScene } from '../../extraction/scratch/staged-scene.js';
import type { ClassMask } from '../../extraction/shared-planes.js';
import { type ByteRange, missing, type Raster, RasterError } from '../../rasters/index.js';
import type { NeededPart } from '../../reading/needed-part.js';
import type { ObjectInfo } from '../../store/object-store.js';
import type { OpenScenes } from './open-scenes.js';

interface ArrivingBlock {
  readonly image: number;
  readonly block: number;
  readonly ranges: readonly ByteRange[];
}

/** A scene's objects, of which those in `parts` could be brought in parts; the others are there. */
interface Lying {
  readonly sources: readonly BandSource[];
  readonly staged: StagedScene;
  readonly nameOf: (object: ObjectInfo) => string;
  readonly parts: ReadonlyMap<ObjectInfo, unknown>;
}

export class SceneAhead {
  private constructor(
    private readonly decoded: DecodedAhead,
    private readonly sources: readonly BandSource[],
  ) {}

  /**
   * @param needs of the images by their first bytes
   * @param parts the objects that are brought in parts
   * @param there another one that has been brought whole
   * @returns undefined where no memory is free for it
   */
  static begin(
    scenes: OpenScenes,
    { sources, staged, nameOf, parts: candidates }: Lying,
    needs: Needs,
    clear: ClassMask | undefined,
    {
      parts,
      there,
    }: { readonly parts: ReadonlyMap<ObjectInfo, NeededPart>; readonly there?: ObjectInfo | undefined },
  ): SceneAhead | undefined {
    const images = needs.images.map((image, i) => {
      const object = sources[i]!.objects[0]!;
      const isNamed = parts.has(object) || !candidates.has(object);
      return isNamed ? image : { ...image, path: staged.path(nameOf(object)) };
    });
    const decoded = scenes.beginAhead(staged.folder, { ...needs, images }, clear);
    if (decoded === undefined) return undefined;
    const ahead = new SceneAhead(decoded, sources);
    for (const object of new Set(sources.map(({ objects: [main] }) => main!)))
      if (object === there || !candidates.has(object)) ahead.complete(object);
    return ahead;
  }

  /** All of the object is there. */
  complete(object: ObjectInfo): void {
    for (const { image, block } of this.blocksOf(object)) this.decoded.decode(image, block);
  }

  /** It is known where the blocks of the object's part lie; they are decoded as they come. */
  follow(object: ObjectInfo, { partial, raster }: Pick<NeededPart, 'partial' | 'raster'>): void {
    let arriving = this.arriving(object, raster);
    partial.watch((there) => {
      arriving = arriving.filter(({ image, block, ranges }) => {
        if (missing(ranges, there).length > 0) return true;
        this.decoded.decode(image, block);
        return false;
      });
    });
  }

  /** The scene is not staged, or what was decoded is of files that are not taken. */
  close(): void {
    this.decoded.close();
  }

  private arriving(object: ObjectInfo, raster: Raster): ArrivingBlock[] {
    try {
      return this.blocksOf(object).map(({ image, block }) => ({
        ...{ image, block },
        ranges: raster.rangesOf(this.sources[image]!.rasterBand, blockWindow(raster, block)),
      }));
    } catch (error) {
      // It is told by those who fetch the object.
      if (error instanceof RasterError) return [];
      throw error;
    }
  }

  private blocksOf(object: ObjectInfo): { image: number; block: number }[] {
    return this.sources.flatMap(({ objects: [main] }, image) =>
      main === object ? this.decoded.wanted.blocksOf(image).map((block) => ({ image, block })) : [],
    );
  }
}
