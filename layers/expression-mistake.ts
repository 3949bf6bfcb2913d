/** What is wrong with an expression, and where. */

export class ExpressionMistake extends Error {
  override readonly name = 'ExpressionMistake';
  /** Counted from 1, as editors do. */
  readonly column: number;

  /**
   * The message is a sentence, then the expression with a caret below the place.
   * @param at the place, counted from 0; at the end where something is missing there.
   */
  constructor(
    readonly expression: string,
    at: number,
    readonly problem: string,
  ) {
    const line = inOneLine(expression);
    const from = Math.max(0, Math.min(at, line.length) - AROUND);
    const shown = line.slice(from, from + 2 * AROUND);
    super(
      `column ${at + 1}: ${inOneLine(problem)}\n  ${shown}\n  ${' '.repeat(Math.min(at, line.length) - from)}^`,
    );
    this.column = at + 1;
  }
}

/** In one line, without what a terminal would obey: line breaks would part the caret from its place. */
function inOneLine(text: string): string {
  return text.replace(/[\s\p{C}]/gu, (one) => ' '.repeat(one.length));
}

/** So many characters are shown before and after the place. */
const AROUND = 60;
