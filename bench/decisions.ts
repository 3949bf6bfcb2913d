/** How many binary decisions a JPEG 2000 file asks of the MQ decoder, counted by the tests' decoder on some of its code-blocks. */
import { FileSource } from '../rasters/file-source.js';
import { readBoxes } from '../rasters/jpeg2000/boxes.js';
import { type Codestream, readCodestream } from '../rasters/jpeg2000/codestream.js';
import { type Kernel, type KernelFunctions, threadKernel } from '../rasters/jpeg2000/kernel.js';
import { decodeTile } from '../rasters/jpeg2000/tile-decoder.js';
import { decodeLiterally } from '../test/rasters/literal-block.js';
import { LiteralMq } from '../test/rasters/literal-mq.js';

export interface Decisions {
  /** Of all code-blocks: those counted, by the bytes they are a part of. */
  readonly all: number;
  readonly countedBlocks: number;
}

class CountingMq extends LiteralMq {
  count = 0;

  override decode(context: number): number {
    this.count++;
    return super.decode(context);
  }
}

/** @param every of so many code-blocks one is decoded; a hundred of 64 x 64 take some five seconds */
export function countDecisions(path: string, every: number): Decisions {
  let [decisions, countedBytes, bytes, countedBlocks, blocks] = [0, 0, 0, 0, 0];
  const kernel = threadKernel();
  const decodeBlock: KernelFunctions['decodeBlock'] = (
    data,
    length,
    passes,
    planes,
    orientation,
    width,
    height,
  ) => {
    bytes += length;
    if (blocks++ % every !== 0) return;
    const decoder = new CountingMq(kernel.bytes(data, length).slice());
    decodeLiterally(decoder, { width, height, orientation, planes, passes });
    decisions += decoder.count;
    countedBytes += length;
    countedBlocks++;
  };
  const stand = Object.create(kernel, { call: { value: { ...kernel.call, decodeBlock } } }) as Kernel;
  const source = new FileSource(path);
  try {
    const codestream = readCodestream(source, readBoxes(source).codestream);
    for (let tile = 0; tile < tileCount(codestream); tile++) decodeTile(source, codestream, tile, 0, stand);
  } finally {
    source.close();
  }
  return { all: decisions * (bytes / countedBytes), countedBlocks };
}

function tileCount({ size }: Codestream): number {
  return size.tileColumns * size.tileRows;
}
