/** What the parser of expressions takes and refuses, tried with thousands of texts: arithmetic as it is meant, and all else by its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { s2 } from '../../cards/s2.js';
import { type Expression, LONGEST_EXPRESSION, parseExpression } from '../../layers/expression.js';
import { ExpressionMistake } from '../../layers/expression-mistake.js';
import { bandNaming } from '../../layers/indices.js';
import { compile } from '../../layers/program.js';

const BANDS = bandNaming(s2);
/** Of all that is arithmetic there is nothing else in a text. */
const ARITHMETIC = /^[A-Za-z0-9_\s.+\-*/(),]*$/;

/** Undefined where the text is taken. Anything but a mistake with a place within the text fails the test. */
function mistakeIn(text: string): ExpressionMistake | undefined {
  try {
    compile(parseExpression(text, BANDS));
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ExpressionMistake, `${JSON.stringify(text)}: ${String(error)}`);
    assert.ok(error.column >= 1 && error.column <= text.length + 1, `${text}: column ${error.column}`);
    const lines = error.message.split(/[\r\n\u2028\u2029]/);
    assert.equal(lines.length, 3, error.message);
    assert.doesNotMatch(lines.join(''), /\p{C}/u);
    assert.match(lines[2]!, /^ *\^$/);
    return error;
  }
}

const number = fc.oneof(
  fc.nat(9999).map(String),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('.5', '2.', '1e-3', '1E+2'),
);
const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...BANDS.bands).map((band): Expression => ({ kind: 'band', band })),
    number.map((text): Expression => ({ kind: 'number', value: Number(text) })),
    tie('tree').map((of): Expression => ({ kind: 'negate', of })),
    fc
      .tuple(fc.constantFrom('+', '-', '*', '/'), tie('tree'), tie('tree'))
      .map(([operator, left, right]): Expression => ({ kind: 'binary', operator, left, right })),
    fc
      .tuple(fc.constantFrom('abs', 'sqrt', 'log10'), tie('tree'))
      .map(([name, of]): Expression => ({ kind: 'call', name, of: [of] })),
    fc
      .tuple(fc.constantFrom('min', 'max'), fc.array(tie('tree'), { minLength: 2, maxLength: 4 }))
      .map(([name, of]): Expression => ({ kind: 'call', name, of })),
  ),
}));

const BINDS = { '+': 1, '-': 1, '*': 2, '/': 2 } as const;

/** With no more parentheses than it takes, below an operator that binds so tightly. */
function written(node: Expression, space: string, tighter = 0): string {
  switch (node.kind) {
    case 'number':
      return String(node.value);
    case 'band':
      return node.band;
    case 'negate':
      return `(-${space}${written(node.of, space, 3)})`;
    case 'call':
      return `${node.name}${space}(${node.of.map((one) => written(one, space)).join(`,${space}`)})`;
    case 'binary': {
      const binds = BINDS[node.operator];
      const text = `${written(node.left, space, binds)}${space}${node.operator}${space}${written(node.right, space, binds + 0.5)}`;
      return binds < tighter ? `(${text})` : text;
    }
  }
}

describe('any arithmetic', () => {
  it('is read as it is written, however it is spaced', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom('', ' ', '  ', '\n', '\t'), (expression, space) => {
        const text = written(expression, space);
        fc.pre(text.length <= LONGEST_EXPRESSION);
        assert.deepEqual(parseExpression(text, BANDS), expression, text);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Around a piece of arithmetic: all that the language has beside it, and what only looks like arithmetic. */
const ELSE = [
  ...[
    'f(E)',
    'eval(E)',
    'constructor(E)',
    '__proto__(E)',
    'toString(E)',
    'abs(E)(E)',
    'abs.call(E)',
    'min()',
    'abs(E,)',
    'min(...E, E)',
  ],
  ...[
    'E.length',
    'E?.length',
    'E["length"]',
    'abs["call"](E)',
    'this',
    'this.E',
    'globalThis',
    'process.exit(E)',
    'import.meta',
    'new.target',
  ],
  ...[
    '`E`',
    '`${E}`',
    'abs`${E}`',
    '"E"',
    "'E'",
    '/E/',
    '/E/g',
    '[E]',
    '{ E }',
    '({ E })',
    '({ [E]: E })',
    '({ get E() { return E; } })',
  ],
  ...[
    '() => E',
    '(() => E)()',
    'async () => E',
    'function () { return E; }',
    'function* () { yield E; }',
    'class { x = E }',
    'new E',
    'new Date(E)',
  ],
  ...[
    'E = E',
    'E += E',
    'E++',
    '++E',
    '--E',
    'E--',
    'E, E',
    '(E, E)',
    'E; E',
    'E ? E : E',
    'E ?? E',
    'E && E',
    'E || E',
    '!E',
    '~E',
    '+E',
  ],
  ...[
    'E ** E',
    'E % E',
    'E & E',
    'E | E',
    'E ^ E',
    'E << 1',
    'E >> 1',
    'E >>> 1',
    'E < E',
    'E >= E',
    'E == E',
    'E !== E',
    'E in E',
    'E instanceof E',
  ],
  ...[
    'typeof E',
    'void E',
    'delete E',
    'await E',
    'yield E',
    'import(E)',
    'super.E',
    '#x in E',
    'E E',
    '2 E',
    '2E',
    'E E (E)',
    '(E',
    'E)',
    '()',
    'E +',
    '* E',
  ],
  ...[
    'E /* x */',
    'E // x',
    '<!-- E',
    'E --> E',
    '#!E',
    '// E\nE',
    'E @ E',
    'E \\ E',
    'E − E',
    'E × E',
    'E ÷ E',
    'E ／ E',
    '（E）',
    'E + ½',
    'E + ٣',
    'E + ∞',
    'E + Б04',
  ],
  ...[
    'E + 0x10',
    'E + 0b1',
    'E + 0o7',
    'E + 010',
    'E + 08',
    'E + 1_0',
    'E + 10n',
    'E + 1e999',
    'E + 1e',
    'E + .',
    'E + 1.2.3',
    'E + NaN',
    'E + Infinity',
  ],
  ...[
    'E + null',
    'E + true',
    'E + undefined',
    'E + arguments',
    'E + SC',
    'E + B10',
    'E + NDVI',
    'E + min',
    '\\u00420',
    'B0\\u0034',
    'B\\u{30}4',
    '\\u0061bs(E)',
    "'\\\nE'",
  ],
];

describe('anything else', () => {
  it('is refused with its place, wherever it stands', () => {
    const within = fc.constantFrom('@', '(@)', 'B08 + (@)', '(@) * 2', 'abs(@)', 'min(B08, @)', '-(@)');
    const arithmetic = fc.constantFrom('B04', 'B08', '(B08 - 1)', 'abs(B04)', 'min(B04, 2)');
    fc.assert(
      fc.property(fc.constantFrom(...ELSE), arithmetic, within, (text, inner, around) => {
        // min takes what is parted by commas, and a sequence of its own only in parentheses.
        fc.pre(!(text === 'E, E' && around.includes('min')));
        const whole = around.replace('@', () => text.replaceAll('E', () => inner));
        assert.ok(mistakeIn(whole), `'${whole}' is taken`);
      }),
      { numRuns: 5000 },
    );
  });

  it('is refused or is arithmetic, whatever the text', () => {
    const tokens = fc.constantFrom(
      ...ELSE.flatMap((text) => text.split(/(?<=\W)|(?=\W)/)),
      ...BANDS.bands,
      'min',
      'abs',
      '1',
    );
    const texts = fc.oneof(
      fc.array(tokens, { maxLength: 60 }).map((list) => list.join('')),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const isTaken = mistakeIn(text) === undefined;
        if (isTaken) assert.match(text, ARITHMETIC);
      }),
      { numRuns: 20_000 },
    );
  });

  for (const [what, text] of [
    ['parentheses', '('.repeat(100_000)],
    ['brackets', '['.repeat(100_000)],
    ['braces of templates', '`${'.repeat(100_000)],
    ['minus signs', '- '.repeat(100_000)],
    ['calls', 'abs('.repeat(100_000)],
    ['functions', '()=>'.repeat(100_000)],
    ['sums', 'B08 + '.repeat(100_000)],
    ['digits', '9'.repeat(1_000_000)],
    ['letters', 'B'.repeat(1_000_000)],
    ['spaces', `B08${' '.repeat(1_000_000)}`],
    ['characters of two units', '𝒳'.repeat(500_000)],
    ['the most parentheses that are read', '('.repeat(LONGEST_EXPRESSION)],
    ['the most brackets that are read', '['.repeat(LONGEST_EXPRESSION)],
    ['the most templates that are read', '`${'.repeat(LONGEST_EXPRESSION / 4)],
    ['the most functions that are read', 'x=>'.repeat(LONGEST_EXPRESSION / 3)],
    ['the most digits that are read', '9'.repeat(LONGEST_EXPRESSION)],
  ] as const) {
    it(`is refused at once: ${what}`, () => {
      const before = performance.now();
      const mistake = mistakeIn(text);
      assert.ok(mistake && mistake.column <= LONGEST_EXPRESSION + 1, mistake?.message.slice(0, 200));
      assert.ok(mistake.message.length < 1500, `${mistake.message.length} characters`);
      assert.ok(performance.now() - before < 2000);
    });
  }
});
