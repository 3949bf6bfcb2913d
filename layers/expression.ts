/**
 * Arithmetic of bands as people write it, `(B08 - B04) / (B08 + B04)`: a parser of JavaScript expressions reads it, of
 * whose trees only arithmetic is taken, and nothing of it is ever run as code.
 *
 * Taken are `+ - * /`, parentheses, unary minus, decimal numbers, names of bands, and the FUNCTIONS.
 */
import {
  type Expression as Syntax,
  type Identifier,
  parseExpressionAt,
  type PrivateIdentifier,
  type Super,
} from 'acorn';
import { ExpressionMistake } from './expression-mistake.js';
import { nearestName } from '../terminal/nearest-name.js';

/** How many arguments each takes: exactly one, or two and more. */
const FUNCTIONS = { min: 'many', max: 'many', abs: 'one', sqrt: 'one', log10: 'one' } as const;

export type FunctionName = keyof typeof FUNCTIONS;
export type Operator = '+' | '-' | '*' | '/';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'band'; readonly band: string }
  | { readonly kind: 'negate'; readonly of: Expression }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly of: readonly Expression[] }
  | {
      readonly kind: 'binary';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    };

/** The bands that an expression may name. */
export interface BandNaming {
  readonly bands: readonly string[];
  /** The band of any accepted spelling. @throws Error for another name. */
  parseBand(name: string): string;
}

/** Far more than an index needs, and too little for trees so deep that a walk ends the stack. */
export const LONGEST_EXPRESSION = 500;

/** @throws ExpressionMistake saying what is wrong and where. */
export function parseExpression(text: string, naming: BandNaming): Expression {
  if (text.trim() === '') throw new ExpressionMistake(text, 0, 'there is no expression');
  if (text.length > LONGEST_EXPRESSION)
    throw new ExpressionMistake(
      text,
      LONGEST_EXPRESSION,
      `it has ${text.length} characters, and ${LONGEST_EXPRESSION} are the most`,
    );
  // The parser would take two signs for an operator of its own.
  const twice = /--|\+\+/.exec(text);
  if (twice)
    throw new ExpressionMistake(
      text,
      twice.index,
      `'${twice[0]}' is not understood; a sign of a number is set apart: 'B08 - (-1)'`,
    );
  const tree = syntaxOf(text);
  const rest = text.slice(tree.end).search(/\S/);
  if (rest >= 0)
    throw new ExpressionMistake(
      text,
      tree.end + rest,
      'an operator is missing, or there is a parenthesis too many',
    );
  return new Walk(text, naming).take(tree);
}

function syntaxOf(text: string): Syntax {
  try {
    return parseExpressionAt(text, 0, {
      ecmaVersion: 2022,
      // Where 010 is no octal number.
      sourceType: 'module',
      // Without nodes of their own, parentheses around the whole would lie beyond the tree's end.
      preserveParens: true,
      onComment: (_isBlock, _comment, start) => {
        throw new ExpressionMistake(text, start, 'there are no comments in an expression');
      },
      onTrailingComma: (at) => {
        throw new ExpressionMistake(text, at, 'an argument is missing after the comma');
      },
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = (error as SyntaxError & { readonly pos?: number }).pos ?? 0;
    throw new ExpressionMistake(
      text,
      at,
      at >= text.trimEnd().length ? 'it ends too early' : 'it is not understood from here on',
    );
  }
}

const OPERATORS: readonly string[] = ['+', '-', '*', '/'] satisfies Operator[];
const DECIMAL = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

class Walk {
  constructor(
    private readonly text: string,
    private readonly naming: BandNaming,
  ) {}

  take(node: Syntax | PrivateIdentifier | Super): Expression {
    if (node.type === 'Literal') return { kind: 'number', value: this.number(node.raw ?? '', node.start) };
    if (node.type === 'Identifier') return { kind: 'band', band: this.band(this.name(node), node.start) };
    if (node.type === 'ParenthesizedExpression') return this.take(node.expression);
    if (node.type === 'UnaryExpression') return this.sign(node);
    if (node.type === 'BinaryExpression') return this.binary(node);
    if (node.type === 'CallExpression') return this.call(node);
    if (node.type === 'SequenceExpression')
      return this.refuse(node.expressions[0]!.end, 'commas stand between the arguments of a function only');
    return this.refuse(node.start, 'only arithmetic of bands and numbers is possible');
  }

  private sign({ operator, argument, start }: Extract<Syntax, { type: 'UnaryExpression' }>): Expression {
    if (operator === '-') return { kind: 'negate', of: this.take(argument) };
    return this.refuse(start, `there is no operator '${operator}' before a number`);
  }

  private binary(node: Extract<Syntax, { type: 'BinaryExpression' }>): Expression {
    const { operator } = node;
    if (!OPERATORS.includes(operator))
      return this.refuse(
        this.text.indexOf(operator, node.left.end),
        `there is no operator '${operator}'; there are ${OPERATORS.join(' ')}`,
      );
    const left = this.take(node.left);
    return { kind: 'binary', operator: operator as Operator, left, right: this.take(node.right) };
  }

  private call(node: Extract<Syntax, { type: 'CallExpression' }>): Expression {
    const { callee, arguments: args } = node;
    if (callee.type !== 'Identifier')
      return this.refuse(
        callee.end,
        "an operator is missing before the parenthesis; multiplication is written '*'",
      );
    const name = this.functionName(this.name(callee), callee.start);
    const wanted = FUNCTIONS[name] === 'one' ? args.length === 1 : args.length > 1;
    if (!wanted)
      return this.refuse(
        callee.start,
        `${name} takes ${FUNCTIONS[name] === 'one' ? 'one argument' : 'two arguments or more'}, not ${args.length}`,
      );
    const of = args.map((argument) =>
      argument.type === 'SpreadElement'
        ? this.refuse(argument.start, "there is no operator '...'")
        : this.take(argument),
    );
    return { kind: 'call', name, of };
  }

  /** As it is written: the parser would take `\\u0042` for a B. */
  private name({ start, end }: Identifier): string {
    return this.text.slice(start, end);
  }

  private number(raw: string, at: number): number {
    const value = DECIMAL.test(raw) ? Number(raw) : NaN;
    return Number.isFinite(value) ? value : this.refuse(at, `${raw} is no decimal number`);
  }

  private band(name: string, at: number): string {
    try {
      const band = this.naming.parseBand(name);
      if (this.naming.bands.includes(band)) return band;
    } catch {
      // Said below, with its place.
    }
    if (Object.hasOwn(FUNCTIONS, name))
      return this.refuse(at, `${name} is a function: its arguments follow in parentheses`);
    const { bands } = this.naming;
    return this.refuse(at, `there is no band '${name}' to reckon with${meant(name, bands)}`);
  }

  private functionName(name: string, at: number): FunctionName {
    if (Object.hasOwn(FUNCTIONS, name)) return name as FunctionName;
    return this.refuse(at, `there is no function '${name}'${meant(name, Object.keys(FUNCTIONS))}`);
  }

  private refuse(at: number, problem: string): never {
    throw new ExpressionMistake(this.text, at, problem);
  }
}

/** What to write instead of a name that is not known, as the end of a sentence. */
export function meant(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `; there are ${known.join(', ')}` : `; the nearest is ${nearest}`;
}
