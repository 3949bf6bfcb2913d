/** Damaged and malicious streams: a clear error within bounded time and memory, or pixels, but nothing else. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { PIXEL_ARRAYS, RasterError } from '../../rasters/raster.js';
import { FIXTURES, randomNumbers, writeCodestream } from './jpeg2000.peers.js';

const MAX_MS = 10_000;
const WIDTH = 61;
const HEIGHT = 53;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'parcelwise-jp2-'));
});
after(() => {
  rmSync(folder, { recursive: true });
});

/** Reads what the image has of 61 x 53 pixels. @returns whether it could be read; a RasterError says it couldn't. */
async function attempt(codestream: Uint8Array): Promise<boolean> {
  const started = performance.now();
  try {
    const path = writeCodestream(folder, 'hostile.j2k', codestream);
    const raster = await openJpeg2000(path);
    try {
      const width = Math.min(WIDTH, raster.grid.width);
      const height = Math.min(HEIGHT, raster.grid.height);
      const pixels = new PIXEL_ARRAYS[raster.pixelType](width * height);
      await raster.readWindow(1, { column: 0, row: 0, width, height }, { pixels, offset: 0, stride: width });
    } finally {
      await raster.close();
    }
    return true;
  } catch (error) {
    if (!(error instanceof RasterError)) throw error;
    assert.match(error.message, /hostile\.j2k: ./);
    return false;
  } finally {
    assert.ok(performance.now() - started < MAX_MS, `took ${performance.now() - started} ms`);
  }
}

const fixtures = readdirSync(FIXTURES).map((name) => ({ name, bytes: readFileSync(join(FIXTURES, name)) }));

/** A box of a JP2 file (ISO/IEC 15444-1 I.4). */
function box(type: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

describe('a JP2 file', () => {
  it('whose box of a code stream holds something else is damaged', async () => {
    const jp2 = Buffer.concat([
      box('jP  ', Buffer.from([0x0d, 0x0a, 0x87, 0x0a])),
      box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ', 'latin1')),
      box('jp2c', Buffer.alloc(200, 0x11)),
    ]);
    assert.equal(await attempt(jp2), false);
  });
});

describe('a damaged stream', () => {
  for (const { name, bytes } of fixtures) {
    it(`that is cut off is an error (${name})`, async () => {
      const random = randomNumbers(bytes.length);
      for (let i = 0; i < 60; i++) {
        // All but the EOC marker, which some writers leave out, is needed.
        const length = i < 20 ? i : Math.floor(random() * (bytes.length - 2));
        assert.equal(await attempt(bytes.subarray(0, length)), false, `${length} of ${bytes.length} bytes`);
      }
    });

    it(`with flipped bits is an error or an image (${name})`, async () => {
      const random = randomNumbers(bytes.length + 1);
      for (let i = 0; i < 100; i++) {
        const damaged = Uint8Array.from(bytes);
        // Half of them in the headers, where they do most harm.
        const range = i % 2 === 0 ? 200 : bytes.length;
        const at = 4 + Math.floor(random() * (range - 4));
        damaged[at]! ^= 1 << Math.floor(random() * 8);
        await attempt(damaged);
      }
    });
  }
});

describe('a stream that claims too much', () => {
  const stream = readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k'));
  const change = (position: number, value: number, bytes: 1 | 2 | 4): Uint8Array => {
    const changed = Buffer.from(stream);
    changed.writeUIntBE(value, position, bytes);
    return changed;
  };
  const messageOf = async (bytes: Uint8Array): Promise<string> => {
    try {
      const raster = await openJpeg2000(writeCodestream(folder, 'claims.j2k', bytes));
      const target = { pixels: new Uint16Array(1), offset: 0, stride: 1 };
      await raster.readWindow(1, { column: 0, row: 0, width: 1, height: 1 }, target);
      await raster.close();
      return 'none';
    } catch (error) {
      assert.ok(error instanceof RasterError, String(error));
      return error.message;
    }
  };
  // Positions in the SIZ segment, which begins at byte 4: Xsiz 8, Ysiz 12, XTsiz 24, YTsiz 28, Csiz 40, Ssiz 42.
  const COD = stream.indexOf(Buffer.from([0xff, 0x52]));

  it('of tiles, pixels or components is refused before memory is taken', async () => {
    assert.match(await messageOf(change(8, 0xffffffff, 4)), /tiles/);
    const giant = Buffer.from(change(8, 0x7fffffff, 4));
    giant.writeUInt32BE(0x7fffffff, 24);
    assert.match(await messageOf(giant), /has tiles of \d+ pixels; at most/);
    assert.match(await messageOf(change(24, 0, 4)), /do not cover/);
    assert.match(await messageOf(change(40, 0xffff, 2)), /components/);
    assert.match(await messageOf(change(42, 40, 1)), /bits/);
  });

  it('of layers, levels, code-blocks or precincts is refused', async () => {
    assert.match(await messageOf(change(COD + 6, 0xffff, 2)), /more packets in a tile than bytes/);
    assert.match(await messageOf(change(COD + 15, 0, 1)), /precincts of size 1/);
    assert.match(await messageOf(change(COD + 9, 77, 1)), /decomposition levels/);
    assert.match(await messageOf(change(COD + 10, 15, 1)), /code-blocks larger/);
  });
});
