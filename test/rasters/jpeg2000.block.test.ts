/** The kernel's tier-1 decoder against one written word for word after ISO/IEC 15444-1, annexes C and D. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Orientation } from '../../rasters/jpeg2000/geometry.js';
import { likelyDecisions, randomDecisions, shapes, steps, streams } from './arbitrary-blocks.js';
import { CarryWatch } from './carry-watch.js';
import { decodeByKernel, dequantize } from './kernel-block.js';
import type { Step } from './kernel-block.js';
import { decodeLiterally } from './literal-block.js';
import type { CodedShape, Decisions } from './literal-block.js';
import { initialContexts, LiteralMq, PROBABILITY_STATES } from './literal-mq.js';
import { LiteralMqEncoder } from './literal-mq-encoder.js';

/** Takes decisions from elsewhere and encodes them, while a block's decoder puts them together to coefficients. */
class EncodedDecisions implements Decisions {
  constructor(
    private readonly source: Decisions,
    readonly encoder = new LiteralMqEncoder(),
  ) {}

  decode(context: number): number {
    const decision = this.source.decode(context);
    this.encoder.encode(context, decision);
    return decision;
  }
}

function countCarries(stream: Uint8Array): number {
  return stream.filter((byte, at) => byte > 0x7f && at > 0 && stream[at - 1] === 0xff).length;
}

function assertSame(actual: Float64Array, expected: Float64Array, { width }: CodedShape): void {
  const at = expected.findIndex((value, index) => !Object.is(value, actual[index]));
  if (at < 0) return;
  const place = `column ${at % width}, row ${Math.floor(at / width)}`;
  assert.fail(`${place} is ${actual[at]}, by the standard ${expected[at]}`);
}

describe('the literal decoder', () => {
  it("gives the decisions of the standard's test sequence, and its encoder the bytes", () => {
    // ITU-T T.88, H.2: one context, from state 0 on. Annex C's coder is the same, but for the marker at the end.
    const decided = Buffer.from('00020051000000c00352872aaaaaaaaa82c02000fcd79ef6bf7fed904f46a3bf', 'hex');
    const coded = Buffer.from('84c73bfce1a1430402200000410dbb86f4317fff88ff37471adb6adfffac', 'hex');
    const decoder = new LiteralMq(coded, [{ index: 0, mps: 0 }]);
    const encoder = new LiteralMqEncoder([{ index: 0, mps: 0 }]);
    for (const byte of decided) {
      for (let bit = 7; bit >= 0; bit--) {
        assert.equal(decoder.decode(0), (byte >> bit) & 1);
        encoder.encode(0, (byte >> bit) & 1);
      }
    }
    assert.deepEqual(Buffer.from(encoder.flush()), coded.subarray(0, -2));
  });

  it("gives the coefficients of the standard's example, as the kernel does", () => {
    // J.10.4: an image of 1 x 9, one decomposition level of 5/3.
    const examples: [string, CodedShape, number[]][] = [
      [
        '018f0dc8755d',
        { width: 1, height: 5, orientation: Orientation.LL, planes: 6, passes: 16 },
        [-26, -22, -30, -32, -19],
      ],
      ['0fb176', { width: 1, height: 4, orientation: Orientation.LH, planes: 3, passes: 7 }, [1, 5, 1, 0]],
    ];
    for (const [hex, shape, coefficients] of examples) {
      const stream = Buffer.from(hex, 'hex');
      const literal = decodeLiterally(new LiteralMq(stream), shape);
      assert.deepEqual(Array.from(dequantize(literal, undefined)), coefficients);
      assert.deepEqual(Array.from(decodeByKernel(stream, shape, undefined)), coefficients);
    }
  });
});

describe("the kernel's code-blocks", () => {
  for (const [kind, decisions] of [
    ['any coefficients', randomDecisions],
    ['coefficients whose streams are full of 0xff', likelyDecisions],
  ] as const) {
    it(`come back from an encoder's stream as they were (${kind})`, () => {
      let carries = 0;
      fc.assert(
        fc.property(shapes, decisions, steps, (shape, source, step) => {
          const encoded = new EncodedDecisions(source());
          const coefficients = decodeLiterally(encoded, shape);
          const stream = encoded.encoder.flush();
          carries += countCarries(stream);
          assertSame(decodeLiterally(new LiteralMq(stream), shape), coefficients, shape);
          assertSame(decodeByKernel(stream, shape, step), dequantize(coefficients, step), shape);
        }),
        { numRuns: 150, seed: 15444 },
      );
      assert.ok(carries > 0, 'no stream had a carry');
    });
  }

  it('come back from streams that pass through all of the MQ coder, LPS and MPS of each state', () => {
    const shape = { width: 64, height: 64, orientation: Orientation.HL, planes: 30, passes: 88 };
    const missing = new Set(PROBABILITY_STATES.flatMap((_, index) => [`${index} LPS`, `${index} MPS`]));
    for (const interval of [2, 3, 10, 50, 500, 5_000, 10_000, 25_000]) {
      let count = 0;
      const contexts = initialContexts();
      const encoded = new EncodedDecisions(
        {
          decode: (label) => {
            const { index, mps } = contexts[label]!;
            const isLps = ++count % interval === 0;
            missing.delete(`${index} ${isLps ? 'LPS' : 'MPS'}`);
            return isLps ? 1 - mps : mps;
          },
        },
        new LiteralMqEncoder(contexts),
      );
      const coefficients = decodeLiterally(encoded, shape);
      const stream = encoded.encoder.flush();
      assertSame(decodeByKernel(stream, shape, undefined), dequantize(coefficients, undefined), shape);
    }
    assert.deepEqual([...missing], []);
  });

  it("are those of the standard where an encoder's stream is cut off", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.oneof(randomDecisions, likelyDecisions),
        steps,
        fc.nat(),
        (shape, source, step, cut) => {
          const encoded = new EncodedDecisions(source());
          decodeLiterally(encoded, shape);
          const whole = encoded.encoder.flush();
          const stream = whole.subarray(0, cut % (whole.length + 1));
          const decoder = new CarryWatch(stream);
          const expected = dequantize(decodeLiterally(decoder, shape), step);
          assert.equal(decoder.isCarryLate, false);
          assertSame(decodeByKernel(stream, shape, step), expected, shape);
        },
      ),
      { numRuns: 150, seed: 15444 },
    );
  });

  it('are those of the standard for any bytes, and bounded where a late carry leaves them undefined', () => {
    const tally = { defined: 0, late: 0 };
    // Annex C makes -2 of it; with the carry added beforehand, 0e84 and not 0e83, it is 1.
    const late: [CodedShape, Uint8Array, Step] = [
      { width: 1, height: 1, orientation: Orientation.LL, planes: 4, passes: 10 },
      Uint8Array.of(0x0e, 0x83, 0xff, 0x8c),
      undefined,
    ];
    fc.assert(
      fc.property(shapes, streams, steps, (shape, stream, step) => {
        const decoder = new CarryWatch(stream);
        const expected = dequantize(decodeLiterally(decoder, shape), step);
        const actual = decodeByKernel(stream, shape, step);
        if (decoder.isCarryLate) {
          const bound = 2 ** shape.planes * (step ?? 1);
          assert.ok(actual.every((value) => Math.abs(value) <= bound));
        } else {
          assertSame(actual, expected, shape);
        }
        tally[decoder.isCarryLate ? 'late' : 'defined']++;
      }),
      { numRuns: 400, seed: 15444, examples: [late] },
    );
    assert.ok(tally.late > 0 && tally.defined > 300, JSON.stringify(tally));
  });
});
