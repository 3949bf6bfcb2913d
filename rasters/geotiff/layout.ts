/** How the pixels of a TIFF image are laid out: blocks (tiles or strips), samples, their type, compression. */
import { Damage } from '../damage.js';
import type { PixelType } from '../raster.js';
import { Unsupported } from '../unsupported.js';
import { COMPRESSIONS, isSampleCodec } from './compression.js';
import type { Directory } from './directory.js';
import type { TagName } from './header-source.js';
import type { Layout } from './block-layout.js';

/** Bytes of one decoded block. */
const MAX_BLOCK_BYTES = 1 << 30;
const MAX_BANDS = 1024;
/** Pixels of a side of the image or of a tile. */
const MAX_SIDE = 2 ** 24;
/** An uncompressed strip that is a whole band is read in pieces of about this size. */
const SPLIT_BYTES = 1 << 20;

/** @throws Damage for what is missing or impossible, Unsupported for what is not read. */
export function readLayout(directory: Directory): Layout {
  const width = size(directory, 'ImageWidth', 'width');
  const height = size(directory, 'ImageLength', 'height');
  const bandCount = directory.number('SamplesPerPixel') ?? 1;
  if (!(bandCount >= 1)) throw new Damage(`has ${bandCount} bands`);
  if (bandCount > MAX_BANDS) throw new Unsupported(`has ${bandCount} bands; at most ${MAX_BANDS} are read`);
  const planar = directory.number('PlanarConfiguration') === 2;
  const samplesPerPixel = planar ? 1 : bandCount;
  const { bits, pixelType } = readSampleType(directory);

  const tiled = directory.has('TileWidth');
  const blockWidth = tiled ? size(directory, 'TileWidth', 'tile width') : width;
  const rowsPerStrip = directory.number('RowsPerStrip') ?? height;
  const blockHeight = tiled ? size(directory, 'TileLength', 'tile height') : Math.min(rowsPerStrip, height);
  if (!(blockHeight >= 1)) throw new Damage(`has strips of ${rowsPerStrip} rows`);
  const blockColumns = Math.ceil(width / blockWidth);
  const blockRows = Math.ceil(height / blockHeight);
  const blocks = blockColumns * blockRows * (planar ? bandCount : 1);
  const offsets = directory.numbers(tiled ? 'TileOffsets' : 'StripOffsets');
  const byteCounts = directory.numbers(tiled ? 'TileByteCounts' : 'StripByteCounts');
  if (offsets === undefined || byteCounts === undefined)
    throw new Damage('does not say where its blocks lie');
  if (offsets.length < blocks || byteCounts.length < blocks) {
    throw new Damage(`says where ${offsets.length} blocks lie, but it has ${blocks}`);
  }

  const layout: Layout = {
    ...{ width, height, bandCount, pixelType, bits, littleEndian: directory.littleEndian },
    ...{ blockWidth, blockHeight, blockColumns, blockRows, tiled, samplesPerPixel },
    ...readCompression(directory, bits, pixelType),
    ...{ offsets, byteCounts },
  };
  const split = layout.compression === 1 && !tiled && blockRows === 1 ? splitStrips(layout) : layout;
  if (rowsBytes(split, split.blockHeight) > MAX_BLOCK_BYTES) {
    throw new Unsupported(
      `has blocks of ${blockWidth} x ${blockHeight} pixels, more than can be held in memory`,
    );
  }
  return split;
}

/** SNAP writes a band as one uncompressed strip. Any rows of it can be read by themselves, so it is taken as many. */
function splitStrips(layout: Layout): Layout {
  const { height, bandCount, samplesPerPixel } = layout;
  const rowBytes = rowsBytes(layout, 1);
  const blockHeight = Math.min(height, Math.max(1, Math.floor(SPLIT_BYTES / rowBytes)));
  if (blockHeight === height) return layout;
  const blockRows = Math.ceil(height / blockHeight);
  const planes = samplesPerPixel === bandCount ? 1 : bandCount;
  const offsets = new Float64Array(planes * blockRows);
  const byteCounts = new Float64Array(planes * blockRows);
  for (let plane = 0; plane < planes; plane++) {
    const bytes = layout.byteCounts[plane]!;
    // A strip that was never written stays 0 bytes at 0.
    if (bytes === 0) continue;
    if (bytes < height * rowBytes) throw new Damage('has a strip that is shorter than its rows');
    for (let part = 0, row = 0; part < blockRows; part++, row += blockHeight) {
      offsets[plane * blockRows + part] = layout.offsets[plane]! + row * rowBytes;
      byteCounts[plane * blockRows + part] = Math.min(blockHeight, height - row) * rowBytes;
    }
  }
  return { ...layout, blockHeight, blockRows, offsets, byteCounts };
}

/** Bytes of `rows` rows of a block; rows of samples of odd sizes are filled up to whole bytes. */
export function rowsBytes(layout: Layout, rows: number): number {
  return rows * Math.ceil((layout.blockWidth * layout.samplesPerPixel * layout.bits) / 8);
}

function size(directory: Directory, tag: TagName, what: string): number {
  const value = directory.number(tag);
  if (value === undefined || !Number.isInteger(value) || value < 1 || value > MAX_SIDE)
    throw new Damage(`has a ${what} of ${value ?? 'nothing'}`);
  return value;
}

function readSampleType(directory: Directory): { bits: number; pixelType: PixelType } {
  const bits = only(directory.numbers('BitsPerSample') ?? [1], 'sizes');
  const format = only(directory.numbers('SampleFormat') ?? [1], 'formats');
  const pixelType = pixelTypeOf(format, bits);
  if (pixelType === undefined) {
    const kind = { 1: 'unsigned integers', 2: 'integers', 3: 'floats' }[format] ?? `format ${format}`;
    throw new Unsupported(`has samples that are ${kind} of ${bits} bits`);
  }
  return { bits, pixelType };
}

/** TIFF's sample formats 1 (unsigned), 2 (signed), 3 (floating point); unsigned samples may have any size up to 16 bits. */
function pixelTypeOf(format: number, bits: number): PixelType | undefined {
  if (format === 3) return bits === 32 ? 'float32' : bits === 64 ? 'float64' : undefined;
  if (format === 2) return bits === 8 ? 'int8' : bits === 16 ? 'int16' : bits === 32 ? 'int32' : undefined;
  if (format !== 1 || bits < 1) return undefined;
  return bits <= 8 ? 'uint8' : bits <= 16 ? 'uint16' : bits === 32 ? 'uint32' : undefined;
}

function only(values: ArrayLike<number>, what: string): number {
  const all = Array.from(values);
  const first = all[0]!;
  if (all.some((value) => value !== first))
    throw new Unsupported(`has samples of different ${what} (${all.join(', ')})`);
  return first;
}

function readCompression(
  directory: Directory,
  bits: number,
  pixelType: PixelType,
): Pick<Layout, 'compression' | 'predictor' | 'lercParameters'> {
  const compression = directory.number('Compression') ?? 1;
  if (!(compression in COMPRESSIONS)) {
    throw new Unsupported(
      `has compression ${compression}; ` + 'rewrite it by gdal_translate with -co COMPRESS=DEFLATE',
    );
  }
  // libtiff compresses them with their bytes turned round, and so loses those that look like no number then.
  if (isSampleCodec(compression) && !directory.littleEndian && pixelType.startsWith('float'))
    throw new Unsupported('has floating-point samples in LERC in a big-endian file');
  if (directory.number('FillOrder') === 2) throw new Unsupported('has reversed bits (FillOrder 2)');
  const predictor = directory.number('Predictor') ?? 1;
  const whole = [8, 16, 32, 64].includes(bits);
  const possible =
    predictor === 1 || (predictor === 2 && whole) || (predictor === 3 && pixelType.startsWith('float'));
  if (!possible) throw new Unsupported(`has predictor ${predictor} on ${pixelType} of ${bits} bits`);
  const lercParameters = Array.from(directory.numbers('LercParameters') ?? []);
  return { compression, predictor, lercParameters };
}
