/**
 * An index expression as a list of instructions over rows of doubles. Each instruction works on a block of pixels at once,
 * small enough for the processor's first cache; the operations, and their order, are those of the expression, in double
 * precision, as numpy has them.
 *
 * No data is NaN, which every operation hands on. A division by zero, a logarithm of zero or less and a root of less than
 * zero have no result: they are NaN at once, so that nothing after them makes a number of an infinity.
 */
import type { Expression, Operator } from './expression.js';

/** Pixels that an instruction works on at once: 8 KB a row, and all pixels of most parcels. */
export const BLOCK = 1024;

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
export type NoResult = 'missing-input' | 'zero-denominator' | 'undefined' | 'infinite';

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

/** Where an operand of a step is: in a row that stays where it is, or in one of the inputs. */
interface Operand {
  readonly input: number;
  readonly row: Float64Array;
}

interface Step {
  readonly instruction: Instruction;
  readonly unary: OnOne | undefined;
  readonly binary: OnTwo | undefined;
  readonly left: Operand;
  readonly right: Operand;
  readonly to: Float64Array;
}

const NO_INPUT = -1;

/** Runs a program. It keeps scratch memory of its own: one to a thread. */
export class Machine {
  private readonly steps: readonly Step[];
  private readonly result: Operand;

  constructor(readonly program: Program) {
    const scratch = Array.from({ length: program.scratch }, () => new Float64Array(BLOCK));
    const constants = program.constants.map((value) => new Float64Array(BLOCK).fill(value));
    const operand = ({ of, index }: Row): Operand => {
      if (of === 'input') return { input: index, row: NOTHING };
      return { input: NO_INPUT, row: of === 'constant' ? constants[index]! : scratch[index]! };
    };
    this.steps = program.instructions.map((instruction): Step => {
      const to = scratch[instruction.to]!;
      if (instruction.kind === 'unary') {
        const left = operand(instruction.from);
        return { instruction, unary: UNARY[instruction.what], binary: undefined, left, right: left, to };
      }
      const [left, right] = [operand(instruction.left), operand(instruction.right)];
      return { instruction, unary: undefined, binary: BINARY[instruction.what], left, right, to };
    });
    this.result = operand(program.result);
  }

  /**
   * Writes the results of the first `count` pixels to `out`.
   * @param inputs the pixels of each of the program's bands, NaN where there is no data
   * @param out none of the inputs.
   */
  run(inputs: readonly Float64Array[], count: number, out: Float64Array): void {
    if (count <= BLOCK) {
      this.runBlock(inputs, count, out);
      return;
    }
    for (let from = 0; from < count; from += BLOCK) {
      const to = Math.min(count, from + BLOCK);
      this.runBlock(
        inputs.map((row) => row.subarray(from, to)),
        to - from,
        out.subarray(from, to),
      );
    }
  }

  /** Why a pixel whose result is not finite has none. */
  explain(inputs: readonly Float64Array[], pixel: number): NoResult {
    // Asked of each pixel beside a swath, so it is answered without views of the inputs.
    for (const row of inputs) if (Number.isNaN(row[pixel])) return 'missing-input';
    const ofPixel = inputs.map((row) => row.subarray(pixel, pixel + 1));
    for (const step of this.steps) {
      const { what } = step.instruction;
      const [divisor] = rowOf(step.right, ofPixel);
      apply(step, ofPixel, step.to, 1);
      if (!Number.isNaN(step.to[0])) continue;
      if (what === '/' && divisor === 0) return 'zero-denominator';
      return what === 'sqrt' || what === 'log10' ? 'undefined' : 'infinite';
    }
    return 'infinite';
  }

  private runBlock(inputs: readonly Float64Array[], count: number, out: Float64Array): void {
    const { steps, result } = this;
    const last = steps.length - 1;
    for (let k = 0; k < last; k++) apply(steps[k]!, inputs, steps[k]!.to, count);
    if (last >= 0) apply(steps[last]!, inputs, out, count);
    // A program without an instruction is one of its inputs.
    else out.set(rowOf(result, inputs).subarray(0, count));
  }
}

const NOTHING = new Float64Array(0);

function rowOf({ input, row }: Operand, inputs: readonly Float64Array[]): Float64Array {
  return input === NO_INPUT ? row : inputs[input]!;
}

function apply(step: Step, inputs: readonly Float64Array[], to: Float64Array, count: number): void {
  const left = rowOf(step.left, inputs);
  if (step.unary !== undefined) step.unary(left, to, count);
  else step.binary!(left, rowOf(step.right, inputs), to, count);
}

type OnOne = (a: Float64Array, to: Float64Array, count: number) => void;
type OnTwo = (a: Float64Array, b: Float64Array, to: Float64Array, count: number) => void;

// A loop to each operation, that the engine compiles for itself.
const UNARY: Readonly<Record<Unary, OnOne>> = {
  negate(a, to, count) {
    for (let i = 0; i < count; i++) to[i] = -a[i]!;
  },
  abs(a, to, count) {
    for (let i = 0; i < count; i++) to[i] = Math.abs(a[i]!);
  },
  sqrt(a, to, count) {
    for (let i = 0; i < count; i++) to[i] = Math.sqrt(a[i]!);
  },
  log10(a, to, count) {
    for (let i = 0; i < count; i++) {
      const value = a[i]!;
      to[i] = Math.log10(value);
      if (value <= 0) to[i] = NaN;
    }
  },
};

const BINARY: Readonly<Record<Binary, OnTwo>> = {
  '+'(a, b, to, count) {
    for (let i = 0; i < count; i++) to[i] = a[i]! + b[i]!;
  },
  '-'(a, b, to, count) {
    for (let i = 0; i < count; i++) to[i] = a[i]! - b[i]!;
  },
  '*'(a, b, to, count) {
    for (let i = 0; i < count; i++) to[i] = a[i]! * b[i]!;
  },
  '/'(a, b, to, count) {
    for (let i = 0; i < count; i++) {
      const divisor = b[i]!;
      // The result is a register's; chosen between NaN and a quotient it would be an object of the heap.
      to[i] = a[i]! / divisor;
      if (divisor === 0) to[i] = NaN;
    }
  },
  min(a, b, to, count) {
    for (let i = 0; i < count; i++) to[i] = Math.min(a[i]!, b[i]!);
  },
  max(a, b, to, count) {
    for (let i = 0; i < count; i++) to[i] = Math.max(a[i]!, b[i]!);
  },
};
