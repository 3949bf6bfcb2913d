/**
 * An index expression as a list of instructions over rows of doubles. Each instruction works on a piece of a parcel at once,
 * small enough for the processor's first cache; the operations, and their order, are those of the expression, in double
 * precision, as numpy has them.
 *
 * No data is NaN, which every operation hands on. A division by zero, a logarithm of zero or less and a root of less than
 * zero have no result: they are NaN at once, so that nothing after them makes a number of an infinity.
 */
import { ROW_COUNT, threadKernel } from '../zonal/index.js';
import type { Expression, Operator } from './expression.js';

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

/** The rows of the kernel that a machine for the program takes: expressions are too short to need more than there are. */
export function rowsOf({ bands, constants, scratch }: Program): number {
  return bands.length + constants.length + scratch + 1;
}

/** An instruction with the addresses of its rows. */
interface Step {
  readonly what: Unary | Binary;
  readonly left: number;
  /** Of the second operand; undefined where there is one only. */
  readonly right: number | undefined;
  readonly to: number;
}

/** Runs a program on rows of the thread's kernel, which hold one piece of the inputs. */
export class Machine {
  private readonly rows = threadKernel().rows;
  private readonly steps: readonly Step[];
  private readonly result: number;
  /** The address of a row that nobody uses. */
  readonly spare: number;

  /** @throws RangeError for a program that needs more rows than there are. */
  constructor(readonly program: Program) {
    const { bands, constants, instructions } = program;
    if (rowsOf(program) > ROW_COUNT)
      throw new RangeError(`the program needs ${rowsOf(program)} rows, and there are ${ROW_COUNT}`);
    const first = { input: 0, constant: bands.length, scratch: bands.length + constants.length };
    const addressOf = ({ of, index }: Row): number => this.rows.addressOf(first[of] + index);
    this.steps = instructions.map((instruction) => {
      const to = addressOf({ of: 'scratch', index: instruction.to });
      const { what } = instruction;
      return instruction.kind === 'unary'
        ? { what, left: addressOf(instruction.from), right: undefined, to }
        : { what, left: addressOf(instruction.left), right: addressOf(instruction.right), to };
    });
    this.result = addressOf(program.result);
    this.spare = this.rows.addressOf(rowsOf(program) - 1);
  }

  /** The address of the row that an input is put in: of at most ROW_LENGTH pixels, NaN where there is no data. */
  input(band: number): number {
    return this.rows.addressOf(band);
  }

  /**
   * Reckons the results of the first `count` pixels of the inputs' rows, NaN where there is none.
   * @param to the address of `count` doubles and one more
   * @returns how many there are.
   */
  run(count: number, to: number): number {
    const { rows, steps } = this;
    if (rows.user !== this) this.moveIn();
    const last = steps.length - 1;
    for (let k = 0; k < last; k++) this.apply(steps[k]!, 0, steps[k]!.to, count);
    if (last >= 0) this.apply(steps[last]!, 0, to, count);
    // A program without an instruction is one of its rows.
    else rows.at(to, count).set(rows.at(this.result, count));
    return rows.arithmetic.keepFinite(to, count);
  }

  /** Why a pixel of the inputs' rows has no result. */
  explain(pixel: number): NoResult {
    const { rows, program } = this;
    const offset = 8 * pixel;
    // Steps are taken on whole vectors, of which none reaches into the next row.
    const pair = 16 * (pixel >> 1);
    for (let band = 0; band < program.bands.length; band++)
      if (Number.isNaN(rows.numberAt(this.input(band) + offset))) return 'missing-input';
    for (const step of this.steps) {
      const { what, right } = step;
      this.apply(step, pair, step.to + pair, 2);
      if (!Number.isNaN(rows.numberAt(step.to + offset))) continue;
      if (what === '/' && rows.numberAt(right! + offset) === 0) return 'zero-denominator';
      return what === 'sqrt' || what === 'log10' ? 'undefined' : 'infinite';
    }
    return 'infinite';
  }

  private moveIn(): void {
    const { rows, program } = this;
    program.constants.forEach((value, i) => rows.at(rows.addressOf(program.bands.length + i)).fill(value));
    rows.user = this;
  }

  /** Takes a step on `count` pixels, `offset` bytes behind the first. */
  private apply({ what, left, right = 0 }: Step, offset: number, to: number, count: number): void {
    const { arithmetic } = this.rows;
    const [a, b] = [left + offset, right + offset];
    switch (what) {
      case '+':
        arithmetic.add(a, b, to, count);
        break;
      case '-':
        arithmetic.subtract(a, b, to, count);
        break;
      case '*':
        arithmetic.multiply(a, b, to, count);
        break;
      case '/':
        arithmetic.divide(a, b, to, count);
        break;
      case 'min':
        arithmetic.least(a, b, to, count);
        break;
      case 'max':
        arithmetic.greatest(a, b, to, count);
        break;
      case 'negate':
        arithmetic.negate(a, to, count);
        break;
      case 'abs':
        arithmetic.absolute(a, to, count);
        break;
      case 'sqrt':
        arithmetic.root(a, to, count);
        break;
      case 'log10':
        this.rows.log10(a, to, count);
        break;
    }
  }
}
