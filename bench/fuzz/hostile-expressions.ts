/** Texts that are taken for arithmetic of bands, or are meant to look like it. */
import { below, oneOf, type Random } from '../../demo/season/random.js';

const OPERANDS = [
  'B04',
  'b8',
  'B8A',
  'B11',
  'SC',
  'B10',
  'NDVI',
  '1',
  '.5',
  '2.',
  '1e-3',
  '1e308',
  '1e999',
  '0',
  '0x1',
  '10n',
  'NaN',
];
const OPERATORS = [
  '+',
  '-',
  '*',
  '/',
  '**',
  '%',
  '--',
  '=',
  '=>',
  '?',
  ':',
  ',',
  '.',
  '?.',
  '??',
  '<',
  '>>>',
  '&',
  '!',
  ' in ',
];
const FUNCTIONS = [
  'min',
  'max',
  'abs',
  'sqrt',
  'log10',
  'eval',
  'constructor',
  'toString',
  'new Date',
  'import',
];
const STRAY = [
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    '`',
    '${',
    '"',
    "'",
    '/',
    '/*',
    '//',
    '<!--',
    '#!',
    '\\',
    '\\u0042',
    '...',
    'async ',
    'class ',
  ],
  ...[
    '\n',
    '\r',
    '\t',
    '\u0000',
    '\u00a0',
    '\u200d',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\ud800',
    '𝒳',
    '٣',
    '−',
    '×',
    '（',
    'é',
  ],
];
const LONGEST = 2000;

export function hostileExpression(next: Random): string {
  const sort = next();
  // Sound or nearly so, then with something lost, doubled or strewn in.
  if (sort < 0.3) return arithmetic(next, 1 + below(next, 6));
  if (sort < 0.75) return damaged(arithmetic(next, 1 + below(next, 5)), next);
  if (sort < 0.9) return Array.from({ length: below(next, 40) }, () => anything(next)).join('');
  return oneOf([...STRAY, ...FUNCTIONS.map((name) => `${name}(`), '- ', 'B04+', '9'], next).repeat(
    below(next, LONGEST),
  );
}

/** @param depth of its tree, at most. */
function arithmetic(next: Random, depth: number): string {
  const sort = depth === 0 ? 0 : next();
  if (sort < 0.3) return oneOf(OPERANDS.slice(0, next() < 0.9 ? 4 : OPERANDS.length), next);
  if (sort < 0.4) return `-(${arithmetic(next, depth - 1)})`;
  if (sort < 0.6) {
    const name = oneOf(FUNCTIONS.slice(0, 5), next);
    const others = name.startsWith('m') ? `, ${arithmetic(next, depth - 1)}` : '';
    return `${name}(${arithmetic(next, depth - 1)}${others})`;
  }
  return `(${arithmetic(next, depth - 1)} ${oneOf(OPERATORS.slice(0, 4), next)} ${arithmetic(next, depth - 1)})`;
}

function damaged(text: string, next: Random): string {
  let out = text;
  for (let left = 1 + below(next, 3); left > 0; left--) {
    const at = below(next, out.length + 1);
    const lost = next() < 0.5 ? below(next, 4) : 0;
    out = out.slice(0, at) + (next() < 0.7 ? anything(next) : '') + out.slice(at + lost);
  }
  return out;
}

const anything = (next: Random): string => oneOf(oneOf([OPERANDS, OPERATORS, FUNCTIONS, STRAY], next), next);
