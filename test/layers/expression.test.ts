import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { s2 } from '../../cards/s2.js';
import { LONGEST_EXPRESSION, parseExpression } from '../../layers/expression.js';
import { ExpressionMistake } from '../../layers/expression-mistake.js';
import { bandNaming } from '../../layers/indices.js';

const BANDS = bandNaming(s2);

/** The tree as text with all parentheses. */
function read(text: string): string {
  const show = (node: ReturnType<typeof parseExpression>): string => {
    switch (node.kind) {
      case 'number':
        return String(node.value);
      case 'band':
        return node.band;
      case 'negate':
        return `(-${show(node.of)})`;
      case 'binary':
        return `(${show(node.left)} ${node.operator} ${show(node.right)})`;
      case 'call':
        return `${node.name}(${node.of.map(show).join(', ')})`;
    }
  };
  return show(parseExpression(text, BANDS));
}

function mistake(text: string): ExpressionMistake {
  try {
    parseExpression(text, BANDS);
  } catch (error) {
    if (error instanceof ExpressionMistake) return error;
    throw error;
  }
  return assert.fail(`'${text}' is taken`);
}

describe('an expression', () => {
  it('binds as arithmetic does, from the left', () => {
    assert.equal(read('B08 - B04 - B03'), '((B08 - B04) - B03)');
    assert.equal(read('B08 + B04 * B03 / B02'), '(B08 + ((B04 * B03) / B02))');
    assert.equal(read('-B08 * (B04 - -2)'), '((-B08) * (B04 - (-2)))');
    assert.equal(read('((B08))'), 'B08');
    assert.equal(read('max(B08, min(B04, 1), 2) - abs(B03)'), '(max(B08, min(B04, 1), 2) - abs(B03))');
  });

  it('names bands as the CARD type parses them', () => {
    assert.equal(read('B8 + b8a + B11'), '((B08 + B8A) + B11)');
  });

  it('has decimal numbers', () => {
    assert.equal(read('1 + .5 + 2. + 1.5e-3 + 1E2'), '((((1 + 0.5) + 2) + 0.0015) + 100)');
  });

  it('is told a mistake with its place', () => {
    const places: [text: string, column: number, problem: RegExp][] = [
      ['(B08 - B1l) / (B08 + B11)', 8, /no band 'B1l' to reckon with; the nearest is B11$/],
      ['B08 - SC', 7, /no band 'SC' to reckon with/],
      ['B08 - NaN', 7, /no band 'NaN'/],
      ['mim(B08, B04)', 1, /no function 'mim'; the nearest is min$/],
      ['constructor(B08)', 1, /no function 'constructor'; there are min, max, abs, sqrt, log10$/],
      ['B08 + abs', 7, /abs is a function/],
      ['B08 + sqrt(B04, B03)', 7, /sqrt takes one argument, not 2/],
      ['min(B08)', 1, /min takes two arguments or more, not 1/],
      ['2.5 (B08 - B04)', 4, /multiplication is written '\*'/],
      ['B08 ** 2', 5, /no operator '\*\*'; there are \+ - \* \//],
      ['(B08 + B04) % 2', 13, /no operator '%'/],
      ['B08 > B04', 5, /no operator '>'/],
      ['+B08', 1, /no operator '\+' before a number/],
      ['B08 B04', 5, /an operator is missing/],
      ['(B08 - B04))', 12, /a parenthesis too many/],
      ['(B08 - B04', 11, /it ends too early/],
      ['B08 - ', 7, /it ends too early/],
      ['B08 - * B04', 7, /not understood from here on/],
      ['B08 @ B04', 5, /not understood|operator is missing/],
      ['2.5B08', 4, /not understood from here on/],
      ['B08 - 0x10', 7, /0x10 is no decimal number/],
      ['B08 - 1_000', 7, /1_000 is no decimal number/],
      ['B08 - 10n', 7, /10n is no decimal number/],
      ['B08 - 010', 7, /not understood/],
      ['B08 - 1e999', 7, /1e999 is no decimal number/],
      ['B08 - "B04"', 7, /"B04" is no decimal number/],
      ['B08 /* red */ - B04', 5, /no comments/],
      ['B08 - B04 // red', 11, /no comments/],
      ['B08, B04', 4, /commas stand between the arguments/],
      ['B08--B04', 4, /'--' is not understood/],
      ['++B08', 1, /'\+\+' is not understood/],
      ['min(...B08)', 1, /min takes two/],
      ['min(B08, B04 ,)', 14, /argument is missing after the comma/],
      ['B08 - \\u004204', 7, /no band '\\u004204'/],
      ['min(B08, ...B04)', 10, /no operator '\.\.\.'/],
      ['B08 ? B04 : B03', 1, /only arithmetic/],
      ['B08 = 3', 1, /only arithmetic/],
      ['B08.length', 1, /only arithmetic/],
      ['abs?.(B08)', 1, /only arithmetic/],
      ['(() => B08)()', 12, /operator is missing/],
      ['`B08`', 1, /only arithmetic/],
      ['', 1, /no expression/],
    ];
    for (const [text, column, problem] of places) {
      const error = mistake(text);
      assert.match(error.problem, problem, text);
      assert.equal(error.column, column, `${text}: ${error.message}`);
    }
  });

  it('is shown with a caret below the place', () => {
    assert.equal(
      mistake('(B08 - B1l) / B08').message,
      "column 8: there is no band 'B1l' to reckon with; the nearest is B11\n" +
        '  (B08 - B1l) / B08\n' +
        '         ^',
    );
    const [, line, caret] = mistake(`${'B08 + '.repeat(40)}\nB99 - B08`).message.split('\n');
    assert.equal(line!.slice(caret!.indexOf('^')).slice(0, 3), 'B99');
    assert.ok(line!.length < 130);
  });

  it('may be long, but not so long that a walk over its tree would fail', () => {
    const deep = (n: number): string => `${'('.repeat(n)}B08${')'.repeat(n)}`;
    const most = Math.floor((LONGEST_EXPRESSION - 3) / 2);
    assert.equal(read(deep(most)), 'B08');
    assert.equal(read(`${'- '.repeat(200)}B08`).length, 200 * 3 + 3);
    assert.match(mistake(deep(most + 1)).problem, /500 are the most/);
    assert.match(mistake('('.repeat(LONGEST_EXPRESSION)).problem, /ends too early/);
  });
});
