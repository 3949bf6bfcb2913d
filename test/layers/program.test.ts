import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bs } from '../../cards/bs.js';
import type { CardType } from '../../cards/card.js';
import { s2 } from '../../cards/s2.js';
import { parseExpression } from '../../layers/expression.js';
import { bandNaming, findIndex } from '../../layers/indices.js';
import { compile, Machine, type NoResult, rowsOf } from '../../layers/program.js';
import { ROW_COUNT, ROW_LENGTH, threadKernel } from '../../zonal/index.js';

interface Cases {
  readonly numbers: Readonly<Record<string, number[]>>;
  readonly radar: Readonly<Record<string, (number | null)[]>>;
  readonly known: Readonly<
    Record<string, { readonly numpy: (number | null)[]; readonly spyndex: (number | null)[] }>
  >;
  readonly own: readonly [text: string, numpy: (number | null)[]][];
}

/** What numpy and spyndex say: fixtures/index_cases.py. */
const CASES = JSON.parse(
  readFileSync(new URL('../../../test/layers/fixtures/index-cases.json', import.meta.url), 'utf8'),
) as Cases;

/** The band's physical numbers, NaN for no data. */
function physical(band: string): Float64Array {
  const stored = CASES.numbers[band] ?? CASES.radar[band]!;
  return Float64Array.from(stored, (number) => {
    if (number === null || number === 0 || number === 65535) return NaN;
    return band in CASES.radar ? number : (number - 1000) / 10_000;
  });
}

function run(text: string, card: CardType): Float64Array {
  const machine = new Machine(compile(parseExpression(text, bandNaming(card))));
  return runOn(machine, machine.program.bands.map(physical)).out;
}

/** What a machine makes of a piece at most, and how many results it says there are. */
function runOn(machine: Machine, inputs: readonly Float64Array[]): { out: Float64Array; count: number } {
  const { rows } = threadKernel();
  inputs.forEach((input, band) => {
    rows.at(machine.input(band)).set(input);
  });
  const length = inputs[0]?.length ?? 1;
  const count = machine.run(length, machine.spare);
  return { out: rows.at(machine.spare, length).slice(), count };
}

function assertSame(actual: Float64Array, expected: readonly (number | null)[], what: string, relative = 0) {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    const got = actual[i]!;
    const isSame = value === null ? Number.isNaN(got) : Math.abs(got - value) <= relative * Math.abs(value);
    assert.ok(isSame, `${what}, pixel ${i}: ${got}, not ${String(value)}`);
  });
}

describe('an index', () => {
  it("is numpy's to the last bit, for all that the CARD types know", () => {
    const known = [s2, bs].flatMap((card) => card.indices!.known.map(({ name }) => [card, name] as const));
    assert.deepEqual(known.map(([, name]) => name).sort(), Object.keys(CASES.known).sort());
    for (const [card, name] of known)
      assertSame(run(findIndex(name, card)!.expression, card), CASES.known[name]!.numpy, name);
  });

  it("is spyndex's of that name, which adds up in another order here and there", () => {
    for (const [name, { numpy, spyndex }] of Object.entries(CASES.known)) {
      assert.ok(spyndex.filter((value) => value !== null).length > 40, name);
      assertSame(
        Float64Array.from(numpy, (value) => value ?? NaN),
        spyndex,
        name,
        1e-12,
      );
    }
  });

  it("of one's own is numpy's too", () => {
    for (const [text, numpy] of CASES.own) {
      const card = text.includes('VV') ? bs : s2;
      // Logarithms are not rounded alike everywhere.
      assertSame(run(text, card), numpy, text, text.includes('log10') ? 4e-16 : 0);
    }
  });
});

/** An expression, and what plain arithmetic makes of it. */
interface Made {
  readonly text: string;
  readonly value: (a: number, b: number) => number;
}

const none = (value: number): number => (Number.isFinite(value) ? value : NaN);
const made = fc.letrec<{ expression: Made }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constant<Made>({ text: 'B04', value: (a) => a }),
    fc.constant<Made>({ text: 'B08', value: (_a, b) => b }),
    fc.double({ min: 0, max: 9, noNaN: true }).map((n): Made => ({ text: String(n), value: () => n })),
    tie('expression').map((of): Made => ({ text: `-(${of.text})`, value: (a, b) => -of.value(a, b) })),
    tie('expression').map((of): Made => ({
      text: `abs(${of.text})`,
      value: (a, b) => Math.abs(of.value(a, b)),
    })),
    tie('expression').map((of): Made => ({
      text: `sqrt(${of.text})`,
      value: (a, b) => Math.sqrt(of.value(a, b)),
    })),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/', 'min', 'max'), tie('expression'), tie('expression'))
      .map(([operator, left, right]): Made => {
        const isName = operator.startsWith('m');
        return {
          text: isName
            ? `${operator}(${left.text}, ${right.text})`
            : `(${left.text}) ${operator} (${right.text})`,
          value: (a, b) => {
            const [x, y] = [left.value(a, b), right.value(a, b)];
            if (operator === '+') return x + y;
            if (operator === '-') return x - y;
            if (operator === '*') return x * y;
            if (operator === '/') return y === 0 ? NaN : x / y;
            return operator === 'min' ? Math.min(x, y) : Math.max(x, y);
          },
        };
      }),
  ),
})).expression;

const pixel = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -2000, max: 12_000 }).map((n) => n / 10_000) },
  fc.constantFrom(0, NaN, 1, -1),
);

describe('a program', () => {
  it('does what its expression says, whatever that is', () => {
    fc.assert(
      fc.property(
        made.filter(({ text }) => text.length < 500),
        fc.array(fc.tuple(pixel, pixel), { minLength: 1, maxLength: 5 }),
        fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(ROW_LENGTH - 1, ROW_LENGTH)),
        ({ text, value }, pixels, count) => {
          const machine = new Machine(compile(parseExpression(text, s2Naming)));
          const inputs = machine.program.bands.map((band) =>
            Float64Array.from(
              { length: count },
              (_, i) => pixels[i % pixels.length]![band === 'B04' ? 0 : 1],
            ),
          );
          const { out, count: told } = runOn(machine, inputs);
          assert.equal(told, out.filter((number) => !Number.isNaN(number)).length);
          if (inputs.length === 0) return;
          for (const i of new Set([0, count - 1, Math.floor(count / 2)])) {
            const [a, b] = pixels[i % pixels.length]!;
            assert.ok(
              Object.is(out[i]! + 0, none(value(a, b)) + 0),
              `${text} of ${a} and ${b}: ${out[i]!}, not ${value(a, b)}`,
            );
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('reads each band once, and uses scratch rows again', () => {
    const { bands, scratch } = compile(parseExpression('(B08 - B04) / (B08 + B04) * (B08 - B04)', s2Naming));
    assert.deepEqual(bands, ['B08', 'B04']);
    assert.equal(scratch, 2);
  });

  it('finds room in the kernel, however much fits into an expression', () => {
    // Every number is another, and takes a row.
    let text = 'B04';
    for (let i = 0; text.length + String(i).length < 500; i++) text += `+${i}`;
    const program = compile(parseExpression(text, s2Naming));
    assert.ok(rowsOf(program) > 140 && rowsOf(program) < ROW_COUNT);
    const sum = program.constants.reduce((all, one) => all + one, 1);
    assert.equal(runOn(new Machine(program), [Float64Array.of(1)]).out[0], sum);
  });

  it('is run beside another of the thread', () => {
    const [one, other] = ['B04 * 2', 'B04 * 3'].map(
      (text) => new Machine(compile(parseExpression(text, s2Naming))),
    );
    const results = [one, other, one].map((machine) => runOn(machine!, [Float64Array.of(5)]).out[0]);
    assert.deepEqual(results, [10, 15, 10]);
  });

  it('says why a pixel has no result', () => {
    const cases: [text: string, b04: number, b08: number, reason: NoResult][] = [
      ['B08 / B04', NaN, 1, 'missing-input'],
      ['B08 / B04', 0, NaN, 'missing-input'],
      ['B08 / B04', 0, 1, 'zero-denominator'],
      ['B08 / B04', 0, 0, 'zero-denominator'],
      ['min(B08 / B04, 1)', 0, 1, 'zero-denominator'],
      ['1 / (B08 / B04)', 0, 1, 'zero-denominator'],
      ['sqrt(B08)', 1, -1, 'undefined'],
      ['log10(B08)', 1, 0, 'undefined'],
      ['1 / log10(B08)', 1, 0, 'undefined'],
      ['log10(B08)', 1, -1, 'undefined'],
      ['B08 * 1e300 * 1e300', 1, 2, 'infinite'],
      ['B08 * 1e300 * 1e300 - B08 * 1e300 * 1e300', 1, 2, 'infinite'],
      ['(B08 * 1e300 * 1e300) / (B08 * 1e300 * 1e300)', 1, 2, 'infinite'],
    ];
    for (const [text, b04, b08, reason] of cases) {
      const machine = new Machine(compile(parseExpression(text, s2Naming)));
      const inputs = machine.program.bands.map((band) => Float64Array.of(1, band === 'B04' ? b04 : b08));
      assert.ok(Number.isNaN(runOn(machine, inputs).out[1]), text);
      assert.equal(machine.explain(1), reason, text);
    }
  });
});

const s2Naming = bandNaming(s2);
