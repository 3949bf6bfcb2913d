/**
 * Writes JPEG 2000 files like ESA's: lossless 5/3, LRCP, one layer, four decompositions, tiled, and the georeference in a
 * GML box. OpenJPEG's WASM encodes each tile as an image of its own; the tiles' code streams are then joined to one.
 */
import { createRequire } from 'node:module';
import type { RasterGrid } from '../../rasters/index.js';

interface Encoder {
  getDecodedBuffer(frame: {
    width: number;
    height: number;
    bitsPerSample: number;
    componentCount: number;
    isSigned: boolean;
  }): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setDecompositions(count: number): void;
  setQuality(lossless: boolean, layers: number): void;
  setCompressionRatio(layer: number, ratio: number): void;
  setProgressionOrder(order: number): void;
  encode(): void;
  delete(): void;
}

interface OpenJpeg {
  J2KEncoder: new () => Encoder;
}

export interface Jp2Options {
  /** Significant bits of a pixel: 15 for ESA's reflectances, 8 for classes. */
  readonly bits: number;
  /** Width and height of a tile, a multiple of 64 pixels; tiles at the right and lower edge are smaller. */
  readonly tileSize: number;
}

const LRCP = 0;
const DECOMPOSITIONS = 4;
const MARKER = { siz: 0xff51, sot: 0xff90, eoc: 0xffd9 };

let openJpeg: Promise<OpenJpeg> | undefined;

/** The file's bytes. `pixels` are the grid's, row by row. */
export async function jp2File(
  pixels: Uint16Array | Uint8Array,
  grid: RasterGrid,
  options: Jp2Options,
): Promise<Buffer> {
  const tiles: Buffer[] = [];
  for (let row = 0; row < grid.height; row += options.tileSize) {
    for (let column = 0; column < grid.width; column += options.tileSize) {
      const width = Math.min(options.tileSize, grid.width - column);
      const height = Math.min(options.tileSize, grid.height - row);
      const tile = cutTile(pixels, grid.width, column, row, width, height);
      tiles.push(await jp2Tile(tile, width, height, options.bits));
    }
  }
  return joinedJp2(tiles, grid, options);
}

/** A tile as an image of its own. */
export async function jp2Tile(
  pixels: Uint16Array | Uint8Array,
  width: number,
  height: number,
  bits: number,
): Promise<Buffer> {
  openJpeg ??= loadOpenJpeg();
  const { J2KEncoder } = await openJpeg;
  return encodeTile(new J2KEncoder(), pixels, width, height, bits);
}

/** The file of all tiles of a grid, row by row. */
export function joinedJp2(tiles: readonly Buffer[], grid: RasterGrid, options: Jp2Options): Buffer {
  const stream = joinTiles(tiles, grid, options.tileSize);
  return Buffer.concat([...headerBoxes(grid, options.bits), gmlBox(grid), box('jp2c', stream)]);
}

async function loadOpenJpeg(): Promise<OpenJpeg> {
  // The package has no types, and its module is CommonJS.
  const load = createRequire(import.meta.url)(
    '@cornerstonejs/codec-openjpeg/wasmjs',
  ) as () => Promise<OpenJpeg>;
  return load();
}

function cutTile<T extends Uint16Array | Uint8Array>(
  pixels: T,
  stride: number,
  column: number,
  row: number,
  width: number,
  height: number,
): T {
  const tile = pixels.slice(0, width * height) as T;
  for (let y = 0; y < height; y++) {
    const from = (row + y) * stride + column;
    tile.set(pixels.subarray(from, from + width), y * width);
  }
  return tile;
}

function encodeTile(
  encoder: Encoder,
  tile: Uint16Array | Uint8Array,
  width: number,
  height: number,
  bits: number,
): Buffer {
  try {
    const input = encoder.getDecodedBuffer({
      width,
      height,
      bitsPerSample: bits,
      componentCount: 1,
      isSigned: false,
    });
    input.set(new Uint8Array(tile.buffer, tile.byteOffset, tile.byteLength));
    encoder.setQuality(true, 1);
    encoder.setCompressionRatio(0, 0);
    encoder.setDecompositions(DECOMPOSITIONS);
    encoder.setProgressionOrder(LRCP);
    encoder.encode();
    return Buffer.from(encoder.getEncodedBuffer());
  } finally {
    encoder.delete();
  }
}

/**
 * One code stream of many (ISO/IEC 15444-1, annex A): the first one's main header with the whole image's size, then each
 * one's tile-part with its own number. That is sound because tiles start at multiples of 64: the wavelet's phase and the
 * code blocks of a tile are then the same there as at the origin.
 */
function joinTiles(tiles: readonly Buffer[], grid: RasterGrid, tileSize: number): Buffer {
  const first = tiles[0]!;
  const header = Buffer.from(first.subarray(0, first.indexOf(bytes16(MARKER.sot))));
  if (header.readUInt16BE(2) !== MARKER.siz)
    throw new Error('the encoder wrote a code stream without a SIZ marker');
  header.writeUInt32BE(grid.width, 8);
  header.writeUInt32BE(grid.height, 12);
  header.writeUInt32BE(tileSize, 24);
  header.writeUInt32BE(tileSize, 28);
  const parts = tiles.map((tile, number) => {
    const part = Buffer.from(tile.subarray(tile.indexOf(bytes16(MARKER.sot)), tile.length - 2));
    part.writeUInt16BE(number, 4);
    return part;
  });
  return Buffer.concat([header, ...parts, bytes16(MARKER.eoc)]);
}

/** Signature, file type, and image header with a grey colour space (annex I). */
function headerBoxes(grid: RasterGrid, bits: number): Buffer[] {
  const imageHeader = Buffer.alloc(14);
  imageHeader.writeUInt32BE(grid.height, 0);
  imageHeader.writeUInt32BE(grid.width, 4);
  imageHeader.writeUInt16BE(1, 8);
  imageHeader[10] = bits - 1;
  imageHeader[11] = 7;
  const greyscale = Buffer.from([1, 0, 0, 0, 0, 0, 17]);
  return [
    box('jP  ', Buffer.from([0x0d, 0x0a, 0x87, 0x0a])),
    box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ', 'latin1')),
    box('jp2h', Buffer.concat([box('ihdr', imageHeader), box('colr', greyscale)])),
  ];
}

/** GML in JPEG 2000 (OGC 05-047r3): the grid's origin is the centre of the upper left pixel. */
function gmlBox(grid: RasterGrid): Buffer {
  const crs = `urn:ogc:def:crs:EPSG::${grid.epsg}`;
  const gml = `<?xml version="1.0" encoding="UTF-8"?>
<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">
  <gml:boundedBy><gml:Null>withheld</gml:Null></gml:boundedBy>
  <gml:featureMember>
    <gml:FeatureCollection>
      <gml:featureMember>
        <gml:RectifiedGridCoverage dimension="2" gml:id="RGC0001">
          <gml:rectifiedGridDomain>
            <gml:RectifiedGrid dimension="2">
              <gml:limits>
                <gml:GridEnvelope>
                  <gml:low>1 1</gml:low>
                  <gml:high>${grid.width} ${grid.height}</gml:high>
                </gml:GridEnvelope>
              </gml:limits>
              <gml:axisName>x</gml:axisName>
              <gml:axisName>y</gml:axisName>
              <gml:origin>
                <gml:Point gml:id="P0001" srsName="${crs}">
                  <gml:pos>${grid.originX + grid.stepX / 2} ${grid.originY + grid.stepY / 2}</gml:pos>
                </gml:Point>
              </gml:origin>
              <gml:offsetVector srsName="${crs}">${grid.stepX} 0</gml:offsetVector>
              <gml:offsetVector srsName="${crs}">0 ${grid.stepY}</gml:offsetVector>
            </gml:RectifiedGrid>
          </gml:rectifiedGridDomain>
          <gml:rangeSet>
            <gml:File>
              <gml:fileName>gmljp2://codestream/0</gml:fileName>
              <gml:fileStructure>Record Interleaved</gml:fileStructure>
            </gml:File>
          </gml:rangeSet>
        </gml:RectifiedGridCoverage>
      </gml:featureMember>
    </gml:FeatureCollection>
  </gml:featureMember>
</gml:FeatureCollection>
`;
  const instance = box('asoc', Buffer.concat([label('gml.root-instance'), box('xml ', Buffer.from(gml))]));
  return box('asoc', Buffer.concat([label('gml.data'), instance]));
}

function label(text: string): Buffer {
  return box('lbl ', Buffer.from(text));
}

function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

function bytes16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
