/** Every kind of file read in parts, as its whole is: odd codestreams, COGs of GDAL, and real products where they are at hand. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { withTileLengths } from '../../bench/tile-lengths.js';
import { openRaster } from '../../rasters/open.js';
import { RasterError } from '../../rasters/raster.js';
import { temporaryFolder } from '../temporary-folder.js';
import {
  FIXTURES,
  gdalTranslate,
  hasGdal,
  makeImage,
  sharedFolder,
  writeCodestream,
  writeForGdal,
} from './jpeg2000.peers.js';
import { fixture } from './made.js';
import { interleaveTileParts, openEnded, packHeaders, withoutCounts } from './odd-codestreams.js';
import { hasPixelsOfWhole } from './partly.js';

const folder = temporaryFolder('partial-kinds');

/** A file and what lies beside it, where partial files can be made next to it. */
function copied(path: string): string {
  for (const beside of [path, path.replace(/\.\w+$/, '.hdr'), `${path}.aux.xml`])
    if (existsSync(beside)) copyFileSync(beside, join(folder, basename(beside)));
  return join(folder, basename(path));
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await (await openRaster(path)).close();
    return true;
  } catch (error) {
    if (error instanceof RasterError) return false;
    throw error;
  }
}

describe('a file of ours in parts has the pixels of the whole:', () => {
  const tiffs = readdirSync(fixture('')).filter((name) => name.endsWith('.tif'));
  for (const name of tiffs)
    it(name, async () => {
      const path = copied(fixture(name));
      if (await isReadable(path)) await hasPixelsOfWhole(path, 5);
    });
  for (const name of readdirSync(FIXTURES).filter((one) => one.endsWith('.j2k')))
    it(name, async () => {
      const stream = readFileSync(join(FIXTURES, name));
      await hasPixelsOfWhole(writeCodestream(folder, name, stream), 5);
      await hasPixelsOfWhole(writeCodestream(folder, `tlm-${name}`, withTileLengths(stream)), 5);
    });
});

describe('a codestream in parts has the pixels of the whole:', () => {
  const parts = readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k'));
  const precincts = readFileSync(join(FIXTURES, 'rpcl-precincts-layers-sop-eph.j2k'));
  const streams: Readonly<Record<string, Buffer>> = {
    'tile-parts of several tiles in turn': interleaveTileParts(parts),
    'a last tile-part without a length': openEnded(parts),
    'tile-parts without their number': withoutCounts(parts),
    'tile-parts whose number the last one tells': withoutCounts(interleaveTileParts(parts), true),
    'packet headers in the main header': packHeaders(precincts, 0x60),
    'packet headers in those of tile-parts': packHeaders(precincts, 0x61),
    'no end': parts.subarray(0, -2),
    'something behind its end': Buffer.concat([parts, Buffer.alloc(100)]),
  };
  for (const [what, stream] of Object.entries(streams))
    for (const kind of ['', ' and TLM', ' and TLM in segments the last of which comes first'])
      it(what + kind, async () => {
        const lengths = { tileBytes: 2, lengthBytes: 2, most: 3, isReversed: true } as const;
        const file =
          kind === '' ? stream : withTileLengths(stream, kind === ' and TLM' ? undefined : lengths);
        await hasPixelsOfWhole(writeCodestream(folder, 'odd.j2k', file));
      });
});

const COGS: Readonly<Record<string, readonly string[]>> = {
  'as Earth Search writes it': ['COG', 'COMPRESS=DEFLATE', 'PREDICTOR=YES', 'BLOCKSIZE=256'],
  'as the Planetary Computer writes it': ['COG', 'COMPRESS=LZW', 'BLOCKSIZE=512', 'OVERVIEW_COUNT=1'],
  'of small blocks, its list of them longer than any first read': ['COG', 'COMPRESS=ZSTD', 'BLOCKSIZE=16'],
  'in BigTIFF, with blocks that were never written': [
    'COG',
    'BIGTIFF=YES',
    'SPARSE_OK=TRUE',
    'BLOCKSIZE=128',
  ],
  'tiles band after band': ['GTiff', 'TILED=YES', 'INTERLEAVE=BAND', 'BLOCKXSIZE=64', 'BLOCKYSIZE=64'],
  'strips, not compressed': ['GTiff', 'BLOCKYSIZE=1'],
  'strips in big-endian': ['GTiff', 'ENDIANNESS=BIG', 'COMPRESS=LZW', 'BLOCKYSIZE=7'],
  'one strip, not compressed': ['GTiff', 'BLOCKYSIZE=700', 'INTERLEAVE=BAND'],
};

describe(
  'a GeoTIFF of GDAL in parts has the pixels of the whole:',
  {
    skip: hasGdal() ? false : 'GDAL is not installed',
  },
  () => {
    for (const [what, [driver = '', ...options]] of Object.entries(COGS))
      for (const masked of [false, true])
        it(`${what}${masked ? ', masked' : ''}`, async () => {
          const image = makeImage(700, 700, 12, { componentCount: 2 });
          image.samples.fill(0, 0, 2 * 700 * 300);
          const source = writeForGdal(folder, 'source.img', image);
          const to = join(folder, 'cog.tif');
          const mask = masked ? ['-mask', '1', '--config', 'GDAL_TIFF_INTERNAL_MASK', 'YES'] : [];
          gdalTranslate(source, to, ...mask, '-of', driver, ...options.flatMap((one) => ['-co', one]));
          await hasPixelsOfWhole(to, 4);
        });
  },
);

const shared = sharedFolder();
describe(
  'a real file in parts has the pixels of the whole:',
  {
    skip: shared === undefined ? 'real products are not at hand' : false,
  },
  () => {
    const files = shared === undefined ? [] : readdirSync(join(shared, 'rasters'), { recursive: true });
    for (const name of files.map(String).filter((one) => /\.(jp2|tif|img)$/.test(one)))
      it(name, async () => {
        const path = join(shared!, 'rasters', name);
        if (!(await isReadable(path))) return;
        const whole = copied(path);
        await hasPixelsOfWhole(whole, 2);
        if (!name.endsWith('.jp2') || readFileSync(whole).readUInt32BE(0) !== 12) return;
        writeFileSync(whole, withTileLengths(readFileSync(whole)));
        await hasPixelsOfWhole(whole, 2);
      });
  },
);
