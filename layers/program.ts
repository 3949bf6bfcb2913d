/**
 * An index expression as a list of instructions over rows of doubles. Each instruction works on a block of pixels at once,
 * small enough for the processor's first cache; the operations, and their order, are those of the expression, in double
 * precision, as numpy has them.
 *
 * No data is NaN, which every operation hands on. A division by zero, a logarithm of zero or less and a root of less than
 * zero have no result: they are NaN at once, so that nothing after them makes a number of an infinity.
 */
import type { Expression, Operator } from './expression.js';

/** Pixels that an instruction works on at once: 4 KB a row. */
export const BLOCK = 512;

type Unary = 'negate' | 'abs' | 'sqrt' | 'log10';
type Binary = Operator | 'min' | 'max';

/** Where a row of doubles is: an input, a constant, or a place for results between. */
type Row =
  | { readonly of: 'input'; readonly index: number }
  | { readonly of: 'constant'; readonly index: number }
  | { readonly of: 'scratch'; readonly index: number };

export type Instruction =
  | { readonly kind: 'unary'; readonly what: Unary; readonly from: Row; readonly to: number }
  | {
      readonly kind: 'binary';
      readonly what: Binary;
      readonly left: Row;
      readonly right: Row;
      readonly to: number;
    };

/** Why there is no result: an input is no data; a division by zero; a root or logarithm of what has none; out of range. */
export const NO_RESULTS = ['missing-input', 'zero-denominator', 'undefined', 'infinite'] as const;

export type NoResult = (typeof NO_RESULTS)[number];

export interface Program {
  /** The bands it reads, each once, in the order of its inputs. */
  readonly bands: readonly string[];
  readonly constants: readonly number[];
  readonly instructions: readonly Instruction[];
  /** Rows of scratch memory that it needs. */
  readonly scratch: number;
  readonly result: Row;
}

export function compile(expression: Expression): Program {
  const bands: string[] = [];
  const constants: number[] = [];
  const instructions: Instruction[] = [];
  let scratch = 0;

  const indexIn = <T>(list: T[], value: T): number => {
    const known = list.findIndex((one) => Object.is(one, value));
    return known >= 0 ? known : list.push(value) - 1;
  };
  /** Rows of scratch from `free` on are not in use. */
  const emit = (node: Expression, free: number): Row => {
    const store = (): Row & { of: 'scratch' } => {
      scratch = Math.max(scratch, free + 1);
      return { of: 'scratch', index: free };
    };
    const combine = (what: Binary, left: Row, operand: Expression): Row => {
      const to = store();
      const right = emit(operand, left.of === 'scratch' ? free + 1 : free);
      instructions.push({ kind: 'binary', what, left, right, to: to.index });
      return to;
    };
    switch (node.kind) {
      case 'band':
        return { of: 'input', index: indexIn(bands, node.band) };
      case 'number':
        return { of: 'constant', index: indexIn(constants, node.value) };
      case 'negate':
        return unary('negate', node.of);
      case 'binary':
        return combine(node.operator, emit(node.left, free), node.right);
      case 'call': {
        const { name, of } = node;
        if (name !== 'min' && name !== 'max') return unary(name, of[0]!);
        return of.slice(1).reduce((left, operand) => combine(name, left, operand), emit(of[0]!, free));
      }
    }
    function unary(what: Unary, operand: Expression): Row {
      const from = emit(operand, free);
      const to = store();
      instructions.push({ kind: 'unary', what, from, to: to.index });
      return to;
    }
  };

  const result = emit(expression, 0);
  return { bands, constants, instructions, scratch, result };
}

/** Runs a program. It keeps scratch memory of its own: one to a thread. */
export class Machine {
  private readonly scratch: readonly Float64Array[];
  private readonly constants: readonly Float64Array[];

  constructor(readonly program: Program) {
    this.scratch = Array.from({ length: program.scratch }, () => new Float64Array(BLOCK));
    this.constants = program.constants.map((value) => new Float64Array(BLOCK).fill(value));
  }

  /**
   * Writes the results of the first `count` pixels to `out`.
   * @param inputs the pixels of each of the program's bands, NaN where there is no data
   * @param out none of the inputs.
   */
  run(inputs: readonly Float64Array[], count: number, out: Float64Array): void {
    const { instructions, result } = this.program;
    for (let from = 0; from < count; from += BLOCK) {
      const n = Math.min(BLOCK, count - from);
      for (const instruction of instructions) this.step(instruction, inputs, from, n);
      const row = this.row(result, inputs);
      const at = result.of === 'input' ? from : 0;
      for (let i = 0; i < n; i++) out[from + i] = row[at + i]!;
    }
  }

  /** Why a pixel whose result is not finite has none. */
  explain(inputs: readonly Float64Array[], pixel: number): NoResult {
    if (inputs.some((row) => Number.isNaN(row[pixel]))) return 'missing-input';
    for (const instruction of this.program.instructions) {
      const { what, to } = instruction;
      const divisor =
        what === '/' ? this.row(instruction.right, inputs)[start(instruction.right, pixel)] : undefined;
      this.step(instruction, inputs, pixel, 1);
      if (!Number.isNaN(this.scratch[to]![0])) continue;
      if (divisor === 0) return 'zero-denominator';
      return what === 'sqrt' || what === 'log10' ? 'undefined' : 'infinite';
    }
    return 'infinite';
  }

  private step(instruction: Instruction, inputs: readonly Float64Array[], from: number, count: number): void {
    const to = this.scratch[instruction.to]!;
    if (instruction.kind === 'unary') {
      const { what, from: of } = instruction;
      UNARY[what](this.row(of, inputs), start(of, from), to, count);
    } else {
      const { what, left, right } = instruction;
      const [a, b] = [this.row(left, inputs), this.row(right, inputs)];
      BINARY[what](a, start(left, from), b, start(right, from), to, count);
    }
  }

  private row({ of, index }: Row, inputs: readonly Float64Array[]): Float64Array {
    if (of === 'input') return inputs[index]!;
    return of === 'constant' ? this.constants[index]! : this.scratch[index]!;
  }
}

/** Inputs are whole rows, the others hold a block. */
function start({ of }: Row, pixel: number): number {
  return of === 'input' ? pixel : 0;
}

type OnOne = (a: Float64Array, atA: number, to: Float64Array, n: number) => void;
type OnTwo = (
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  to: Float64Array,
  n: number,
) => void;

// A loop to each operation, that the engine compiles for itself.
const UNARY: Readonly<Record<Unary, OnOne>> = {
  negate(a, atA, to, n) {
    for (let i = 0; i < n; i++) to[i] = -a[atA + i]!;
  },
  abs(a, atA, to, n) {
    for (let i = 0; i < n; i++) to[i] = Math.abs(a[atA + i]!);
  },
  sqrt(a, atA, to, n) {
    for (let i = 0; i < n; i++) to[i] = Math.sqrt(a[atA + i]!);
  },
  log10(a, atA, to, n) {
    for (let i = 0; i < n; i++) {
      const value = a[atA + i]!;
      to[i] = value > 0 ? Math.log10(value) : NaN;
    }
  },
};

const BINARY: Readonly<Record<Binary, OnTwo>> = {
  '+'(a, atA, b, atB, to, n) {
    for (let i = 0; i < n; i++) to[i] = a[atA + i]! + b[atB + i]!;
  },
  '-'(a, atA, b, atB, to, n) {
    for (let i = 0; i < n; i++) to[i] = a[atA + i]! - b[atB + i]!;
  },
  '*'(a, atA, b, atB, to, n) {
    for (let i = 0; i < n; i++) to[i] = a[atA + i]! * b[atB + i]!;
  },
  '/'(a, atA, b, atB, to, n) {
    for (let i = 0; i < n; i++) {
      const divisor = b[atB + i]!;
      to[i] = divisor === 0 ? NaN : a[atA + i]! / divisor;
    }
  },
  min(a, atA, b, atB, to, n) {
    for (let i = 0; i < n; i++) to[i] = Math.min(a[atA + i]!, b[atB + i]!);
  },
  max(a, atA, b, atB, to, n) {
    for (let i = 0; i < n; i++) to[i] = Math.max(a[atA + i]!, b[atB + i]!);
  },
};
