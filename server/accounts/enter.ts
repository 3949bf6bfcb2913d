/** Enters accounts into their files, which keep everything else that stands in them. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { checked, readJson } from './account-file.js';
import { hashPassword, pythonLiteral } from './password.js';
import { makeToken, TOKENS } from './tokens.js';

const USERS = z.record(z.string(), z.looseObject({}));

/**
 * Enters a user into a users.json, or gives one that stands there another password and other areas.
 * @param aois undefined: those of before, or none.
 * @throws UserError where the file is there and not of the format.
 */
export async function enterUser(
  path: string,
  { name, password, aois }: { name: string; password: string; aois: readonly string[] | undefined },
): Promise<void> {
  const users = existsSync(path) ? checked(USERS, readJson(path), path) : {};
  const { salt, key } = await hashPassword(password);
  const before = users[name.toLowerCase()] ?? { aois: [] };
  users[name.toLowerCase()] = {
    ...before,
    ...{ salt: pythonLiteral(salt), key: pythonLiteral(key) },
    ...(aois !== undefined && { aois }),
  };
  replace(path, users);
}

/**
 * Makes a bearer token and enters it into a tokens.json.
 * @returns the token, which nobody can find out again.
 * @throws UserError where the file is there and not of the format.
 */
export function enterToken(
  path: string,
  { name, aois, expires }: { name: string; aois: readonly string[]; expires: string | undefined },
): string {
  const tokens = existsSync(path) ? checked(TOKENS, readJson(path), path) : [];
  const { token, entry } = makeToken(name, aois, expires);
  replace(path, [...tokens, entry]);
  return token;
}

/** At once, so that a server that reads it meanwhile sees the one or the other; for its owner's eyes only. */
function replace(path: string, content: unknown): void {
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(beside, path);
}
