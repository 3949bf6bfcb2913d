/** Kinds of JPEG 2000 that no satellite product has, but other people's files do: pixels, or a refusal that says why. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { decodeWithOpenJpeg } from '../../rasters/jpeg2000/openjpeg.js';
import { Unsupported } from '../../rasters/unsupported.js';
import {
  FIXTURES,
  type Image,
  makeImage,
  openJpegEncoder,
  readAll,
  writeCodestream,
} from './jpeg2000.peers.js';
import { packHeaders } from './odd-codestreams.js';

const WIDTH = 61;
const HEIGHT = 53;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'parcelwise-jp2-'));
});
after(() => {
  rmSync(folder, { recursive: true });
});

async function decode(codestream: Uint8Array): Promise<ArrayLike<number>> {
  const raster = await openJpeg2000(writeCodestream(folder, 'kind.j2k', codestream));
  try {
    return await readAll(raster);
  } finally {
    await raster.close();
  }
}

const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, `${name}.j2k`));

/** Band after band, as `readAll` gives them. */
function bandwise({ samples, componentCount }: Image): number[] {
  const count = samples.length / componentCount;
  return Array.from(
    { length: samples.length },
    (_, i) => samples[(i % count) * componentCount + Math.floor(i / count)]!,
  );
}

describe('a stream of OpenJPEG', () => {
  // Written by opj_compress 2.5 from these images: bits, signedness, components; see the names for the coding.
  const kinds: Record<string, [bits: number, signed: boolean, componentCount: number]> = {
    'vsc-signed-8': [8, true, 1],
    'bypass-termall-signed-12': [12, true, 1],
    'reset-segmentation-4-components-3': [3, false, 4],
    'roi-16': [16, false, 1],
    'rct-4-components-signed-8': [8, true, 4],
    'rct-tiles-3-components': [12, false, 3],
  };
  for (const [name, [bits, signed, componentCount]] of Object.entries(kinds)) {
    it(`gives the pixels that went in (${name})`, async () => {
      const image = makeImage(WIDTH, HEIGHT, bits, { signed, componentCount });
      assert.deepEqual([...Array.from(await decode(fixture(name)))], bandwise(image));
    });
  }
});

describe('a stream with other headers', () => {
  const plain = fixture('rlcp-tile-parts');
  const image = makeImage(WIDTH, HEIGHT, 15);
  const find = (bytes: Uint8Array, marker: number): number =>
    Buffer.from(bytes).indexOf(Buffer.from([0xff, marker]));
  /** Positions of the SOT marker segments. */
  const partsOf = (bytes: Buffer): number[] => {
    const parts: number[] = [];
    for (let at = find(bytes, 0x90); bytes.readUInt16BE(at) === 0xff90; at += bytes.readUInt32BE(at + 6))
      parts.push(at);
    return parts;
  };
  const withSegment = (bytes: Buffer, marker: number, data: Uint8Array): Buffer => {
    const at = find(bytes, 0x90);
    const head = Buffer.from([0xff, marker, 0, data.length + 2]);
    return Buffer.concat([bytes.subarray(0, at), head, data, bytes.subarray(at)]);
  };

  it('that say a component transform of one component is read without one', async () => {
    const changed = Buffer.from(plain);
    changed[find(changed, 0x52) + 8] = 1;
    assert.deepEqual(await decode(changed), image.samples);
  });

  it('whose tile-parts are counted from 1, or one more than is told, is read', async () => {
    const fromOne = Buffer.from(plain);
    const tooFew = Buffer.from(plain);
    const parts = partsOf(plain);
    const counts = new Map<number, number>();
    for (const at of parts)
      counts.set(plain.readUInt16BE(at + 4), (counts.get(plain.readUInt16BE(at + 4)) ?? 0) + 1);
    for (const at of parts) {
      const count = counts.get(plain.readUInt16BE(at + 4))!;
      fromOne[at + 10]! += 1;
      fromOne[at + 11] = count;
      tooFew[at + 11] = count - 1;
    }
    assert.deepEqual(await decode(fromOne), image.samples);
    assert.deepEqual(await decode(tooFew), image.samples);
    const missing = Buffer.from(plain);
    for (const at of parts) missing[at + 11] = counts.get(plain.readUInt16BE(at + 4))! + 1;
    await assert.rejects(decode(missing), /kind\.j2k: damaged: is truncated/);
  });

  it('with changes of progression order is read, a packet named twice once', async () => {
    // RSpoc, CSpoc, LYEpoc, REpoc, CEpoc, Ppoc: resolutions 0 and 1, then all, RLCP like the stream.
    const poc = Uint8Array.from([0, 0, 0, 9, 2, 1, 1, 0, 0, 0, 9, 33, 0, 1]);
    assert.deepEqual(await decode(withSegment(plain, 0x5f, poc)), image.samples);
  });

  it('with more coding passes than bit-planes is read as OpenJPEG reads it', async () => {
    const changed = Buffer.from(fixture('pcrl-blocks-4x4'));
    const qcd = find(changed, 0x5c);
    // Exponents of the sub-bands, in the upper five bits: all of them less by two.
    for (let at = qcd + 5; at < qcd + 2 + changed.readUInt16BE(qcd + 2); at++) changed[at]! -= 2 << 3;
    const expected = await decodeWithOpenJpeg(changed);
    assert.deepEqual(await decode(changed), expected.samples);
  });

  it('with packed packet headers, of the main header or of tile-parts, is read', async () => {
    const stream = fixture('rpcl-precincts-layers-sop-eph');
    assert.deepEqual(await decode(packHeaders(stream, 0x60)), image.samples);
    assert.deepEqual(await decode(packHeaders(stream, 0x61)), image.samples);
  });

  it('whose packets leave bytes over is damaged', async () => {
    const parts = partsOf(plain);
    const at = parts[parts.length - 1]!;
    const changed = (bytes: number): Buffer => {
      const longer = Buffer.concat([plain.subarray(0, -2), Buffer.alloc(bytes, 0x11), plain.subarray(-2)]);
      longer.writeUInt32BE(plain.readUInt32BE(at + 6) + bytes, at + 6);
      return longer;
    };
    assert.deepEqual(await decode(changed(64)), image.samples);
    await assert.rejects(decode(changed(65)), /damaged: has 65 bytes in tile \d+ that belong to no packet/);
  });

  it('of components of other kinds is refused as not supported', async () => {
    const four = fixture('reset-segmentation-4-components-3');
    const changed = (component: number, field: number, value: number): Buffer => {
      const bytes = Buffer.from(four);
      bytes[42 + 3 * component + field] = value;
      return bytes;
    };
    await assert.rejects(decode(changed(1, 0, 0x82)), /not supported: has signed and unsigned components/);
    await assert.rejects(decode(changed(1, 1, 2)), /not supported: has subsampled components/);
    await assert.rejects(decode(changed(1, 0, 16)), /not supported: has samples of 17 bits/);
    // 8 bits beside 3: a type that holds all of them.
    assert.equal((await decode(changed(3, 0, 7))).length, 4 * WIDTH * HEIGHT);
  });
});

describe("the package's own decoder", () => {
  it('is right for unsigned samples and signed ones of more than 8 bits, and refused for others', async () => {
    const encode = await openJpegEncoder();
    for (let bits = 1; bits <= 16; bits++) {
      for (const signed of bits > 8 ? [false, true] : [false]) {
        const image = makeImage(40, 30, bits, { signed });
        const { samples } = await decodeWithOpenJpeg(encode(image));
        assert.deepEqual(samples, image.samples, `${bits} bits`);
      }
    }
    const three = makeImage(WIDTH, HEIGHT, 12, { componentCount: 3 });
    assert.deepEqual((await decodeWithOpenJpeg(fixture('rct-tiles-3-components'))).samples, three.samples);
    for (const name of ['vsc-signed-8', 'reset-segmentation-4-components-3', 'rct-4-components-signed-8'])
      await assert.rejects(decodeWithOpenJpeg(fixture(name)), Unsupported, name);
  });
});
