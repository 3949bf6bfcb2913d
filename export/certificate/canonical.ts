/** JSON in one form only (RFC 8785), so that a signature is of what is said and not of how it was written down. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Half of a pair stands for no character, and other programs replace it. */
const HALF = /\p{Surrogate}/u;

/**
 * The canonical text: names in the order of their UTF-16 code units, numbers and strings as ECMAScript writes them, nothing
 * between. Members that are undefined are left out.
 * @throws RangeError for numbers that JSON can't hold, TypeError for text that is no Unicode
 */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonicalJson(one)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = membersOf(value).map(([name, one]) => `${textOf(name)}:${canonicalJson(one)}`);
    return `{${members.join(',')}}`;
  }
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`${value} can't be written as JSON`);
  return JSON.stringify(value ?? null);
}

/** Longer than this a list or an object is broken over several lines. */
const LINE = 120;

/** The same for people to look into: one member a line where they don't fit into one. It is one form only, too. */
export function readableJson(value: Json, indent = ''): string {
  const short = canonicalJson(value);
  if (short.length <= LINE || typeof value !== 'object' || value === null) return short;
  const deeper = `${indent} `;
  if (Array.isArray(value)) {
    const items = value.map((one: Json) => `${deeper}${readableJson(one, deeper)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const members = membersOf(value).map(
    ([name, one]) => `${deeper}${textOf(name)}: ${readableJson(one, deeper)}`,
  );
  return `{\n${members.join(',\n')}\n${indent}}`;
}

function membersOf(value: object): [string, Json][] {
  return Object.entries(value as Readonly<Record<string, Json | undefined>>)
    .filter((member): member is [string, Json] => member[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

function textOf(text: string): string {
  if (HALF.test(text)) throw new TypeError(`${JSON.stringify(text)} is no Unicode text`);
  return JSON.stringify(text);
}
