/** From the pixels of a GeoTIFF to the ground: pixel size and tie points, or a matrix (OGC 19-008r4, section 7.3). */
import { Damage } from '../damage.js';
import type { RasterGrid } from '../raster.js';
import { Unsupported } from '../unsupported.js';
import type { Directory } from './directory.js';
import type { TagName } from './header-source.js';

/** Origin and steps as the file has them: to the corner of the upper left pixel, or to its centre where pixels are points. */
export type Transform = Pick<RasterGrid, 'originX' | 'originY' | 'stepX' | 'stepY'>;

/** Numbers of a tie point: column, row, layer, x, y, z. */
const TIE_POINT = 6;
/** Two ways to say where a pixel lies may differ by so much of a pixel, by rounding. */
const TOLERANCE = 0.01;

/**
 * The transform of pixel size and first tie point, else that of the matrix, as GDAL has it.
 * @throws Damage, Unsupported for a file without one, with several that contradict each other, or not north up
 */
export function readTransform(directory: Directory): Transform {
  const byScale = ofScale(directory);
  const byMatrix = ofMatrix(directory);
  if (byScale === undefined && byMatrix === undefined) {
    throw directory.has('ModelTiepoint')
      ? new Unsupported('has ground control points only; warp it to a grid')
      : new Unsupported('has no georeference');
  }
  if (byScale && byMatrix && !agree(byScale, byMatrix, directory))
    throw new Damage('has a transformation matrix that contradicts its pixel size and tie point');
  const transform = byScale ?? byMatrix!;
  if (!Object.values(transform).every(Number.isFinite))
    throw new Damage('has a transform that is not finite');
  if (transform.stepX > 0 && transform.stepY < 0) return transform;
  throw new Unsupported('has a grid that is not north-up; warp it to one that is');
}

function ofScale(directory: Directory): Transform | undefined {
  const [stepX = 0, scaleY = 0] = list(directory, 'ModelPixelScale');
  if (stepX === 0 || scaleY === 0) return undefined;
  // Some writers give the step as it is, negative; the scale of a north-up image means its size.
  const stepY = -Math.abs(scaleY);
  const points = list(directory, 'ModelTiepoint');
  if (points.length < TIE_POINT) throw new Damage('has a pixel size but no tie point');
  const originOf = (at: number): [x: number, y: number] => [
    points[at + 3]! - points[at]! * stepX,
    points[at + 4]! - points[at + 1]! * stepY,
  ];
  const [originX, originY] = originOf(0);
  for (let at = TIE_POINT; at + TIE_POINT <= points.length; at += TIE_POINT) {
    const [x, y] = originOf(at);
    if (Math.abs(x - originX) > TOLERANCE * Math.abs(stepX) || Math.abs(y - originY) > TOLERANCE * -stepY)
      throw new Unsupported('has tie points that are no regular grid; warp it to one');
  }
  return { originX, originY, stepX, stepY };
}

function ofMatrix(directory: Directory): Transform | undefined {
  const [a, b, , d, e, f, , h] = list(directory, 'ModelTransformation');
  if (a === undefined || d === undefined || f === undefined || h === undefined) return undefined;
  if (b !== 0 || e !== 0) throw new Unsupported('has a rotated grid; warp it to a north-up one');
  return { originX: d, originY: h, stepX: a, stepY: f };
}

/** Whether both bring the image's corners to the same places, to a hundredth of a pixel. */
function agree(one: Transform, other: Transform, directory: Directory): boolean {
  const width = directory.number('ImageWidth') ?? 0;
  const height = directory.number('ImageLength') ?? 0;
  const limit = TOLERANCE * Math.abs(one.stepX);
  const farX = one.originX - other.originX + (one.stepX - other.stepX) * width;
  const farY = one.originY - other.originY + (one.stepY - other.stepY) * height;
  return [one.originX - other.originX, one.originY - other.originY, farX, farY].every(
    (difference) => Math.abs(difference) <= limit,
  );
}

function list(directory: Directory, tag: TagName): number[] {
  return Array.from(directory.numbers(tag) ?? []);
}
