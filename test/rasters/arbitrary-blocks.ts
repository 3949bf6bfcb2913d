/** Arbitrary code-blocks for fast-check: their shapes, quantization steps, streams of bytes, and decisions to be encoded. */
import fc from 'fast-check';
import { Orientation } from '../../rasters/jpeg2000/geometry.js';
import { randomNumbers } from './jpeg2000.peers.js';
import type { Step } from './kernel-block.js';
import type { CodedShape, Decisions } from './literal-block.js';
import { RUN_LENGTH_CONTEXT } from './literal-contexts.js';
import { LiteralMq } from './literal-mq.js';

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Code-blocks of nominal size, and what edges of sub-bands and precincts leave of them. */
const sizes: fc.Arbitrary<readonly [width: number, height: number]> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(between(1, 64), between(1, 64)) },
  { weight: 3, arbitrary: fc.tuple(between(1, 20), between(1, 9)) },
  fc.tuple(between(1, 1024), between(1, 4)),
  fc.tuple(between(1, 4), between(1, 1024)),
  fc.constantFrom([4, 1024] as const, [1024, 4] as const, [16, 256] as const, [256, 16] as const),
);

export const shapes: fc.Arbitrary<CodedShape> = fc
  .record({
    size: sizes,
    orientation: fc.constantFrom(...Object.values(Orientation)),
    planes: fc.oneof(between(1, 8), between(1, 30)),
    passes: between(0, 87),
  })
  .map(({ size: [width, height], orientation, planes, passes }) => {
    // The first bit-plane has one pass, each other three (D.3).
    return { width, height, orientation, planes, passes: 1 + (passes % (3 * planes - 2)) };
  });

/** Reversible, or a step as a quantization gives it: 11 bits of mantissa (E-3). */
export const steps: fc.Arbitrary<Step> = fc.option(
  fc.tuple(between(0, 2047), between(-12, 4)).map(([mantissa, power]) => (1 + mantissa / 2048) * 2 ** power),
  { nil: undefined },
);

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength, size: 'max' });

/** 0xff with stuffed bytes and with carries behind it, and others in between. */
const stuffedBytes = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: between(0, 0x7f).map((byte) => [0xff, byte]) },
      { weight: 1, arbitrary: between(0x80, 0x8f).map((byte) => [0xff, byte]) },
      { weight: 2, arbitrary: fc.constant([0xff, 0x7f]) },
      { weight: 3, arbitrary: between(0, 255).map((byte) => [byte]) },
    ),
    { maxLength: 600, size: 'max' },
  )
  .map((pieces) => Uint8Array.from(pieces.flat()));

/** Nearly every other byte carries, far more often than an encoder lets them. */
const carryingBytes = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: between(0x80, 0x8f).map((byte) => [0xff, byte]) },
      { weight: 1, arbitrary: between(0, 255).map((byte) => [byte]) },
    ),
    { maxLength: 600, size: 'max' },
  )
  .map((pieces) => Uint8Array.from(pieces.flat()));

/** Bytes, then a marker, then bytes that don't count. */
const markedBytes = fc
  .tuple(fc.oneof(bytes(200), stuffedBytes), fc.constantFrom(0x90, 0x91, 0xd9, 0xff), bytes(50))
  .map(([before, marker, behind]) => Uint8Array.from([...before, 0xff, marker, ...behind]));

/** Any bytes, those mostly that exercise BYTEIN (C.3.4). */
export const streams: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 3, arbitrary: bytes(3000) },
  { weight: 3, arbitrary: stuffedBytes },
  { weight: 1, arbitrary: carryingBytes },
  { weight: 1, arbitrary: bytes(12) },
  { weight: 1, arbitrary: markedBytes },
);

/** Any coefficients: dense or sparse ones by the probability that one becomes significant in a bit-plane. */
export const randomDecisions: fc.Arbitrary<() => Decisions> = fc
  .record({ seed: fc.nat(), probability: fc.constantFrom(0.005, 0.05, 0.2, 0.5) })
  .map(({ seed, probability }) => () => {
    const random = randomNumbers(seed);
    return {
      decode: (context) =>
        Number(random() < (context <= 8 || context === RUN_LENGTH_CONTEXT ? probability : 0.5)),
    };
  });

/** Such coefficients that their stream is much like another: has as many bytes of 0xff, and carries. */
export const likelyDecisions: fc.Arbitrary<() => Decisions> = fc
  .oneof(stuffedBytes, carryingBytes)
  .map((like) => () => new LiteralMq(like));
