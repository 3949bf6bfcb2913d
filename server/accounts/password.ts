/**
 * Passwords as CbM's users.json keeps them: PBKDF2 of HMAC-SHA256, salt and key each as the inside of a Python bytes literal.
 */
import { pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

const ITERATIONS = 100_000;
const BYTES = 32;

export interface PasswordHash {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

/** Takes some 50 ms of a thread of Node's pool. */
export async function isPassword(password: string, { salt, key }: PasswordHash): Promise<boolean> {
  const derived = await derive(password, salt, ITERATIONS, BYTES, 'sha256');
  return derived.length === key.length && timingSafeEqual(derived, key);
}

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(BYTES);
  return { salt, key: await derive(password, salt, ITERATIONS, BYTES, 'sha256') };
}

const SIMPLE: Readonly<Record<string, number>> = {
  ...{ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 },
  ...{ '\\': 0x5c, "'": 0x27, '"': 0x22 },
};

const TOKEN = /\\x([0-9a-fA-F]{2})|\\([0-7]{1,3})|\\([abtnvfr\\'"])|([^\\])|(\\)/gsu;

/**
 * The bytes that a Python bytes literal stands for, given what is between its quotes.
 * @returns undefined where it holds a letter that is no byte.
 */
export function pythonBytes(literal: string): Uint8Array | undefined {
  const bytes: number[] = [];
  for (const [, hex, octal, simple, plain] of literal.matchAll(TOKEN)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (simple !== undefined) bytes.push(SIMPLE[simple]!);
    // A backslash before anything else stands for itself.
    else bytes.push(plain === undefined ? 0x5c : plain.codePointAt(0)!);
  }
  return bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : undefined;
}

/** What Python would write between the quotes of a bytes literal. */
export function pythonLiteral(bytes: Uint8Array): string {
  const written: Readonly<Record<number, string>> = {
    9: '\\t',
    10: '\\n',
    13: '\\r',
    0x27: "\\'",
    0x5c: '\\\\',
  };
  return Array.from(bytes, (byte) => {
    if (written[byte] !== undefined) return written[byte];
    return byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}
