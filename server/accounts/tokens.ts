/**
 * Bearer tokens: each is 32 random bytes, told once, and the file keeps only its SHA-256, from which nothing can be guessed. So no
 * slow hash is needed, and programs that ask often cost nothing.
 */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Log } from '../../telemetry/log.js';
import { type Account, accountOf } from './account.js';
import { AccountFile, checked } from './account-file.js';

const PREFIX = 'pw_';

/** What the file keeps of a token. */
export const TOKENS = z.array(
  z.object({
    name: z.string().min(1),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    aois: z.array(z.string()),
    /** A day, UTC, with which it ends. */
    expires: z.iso.date().nullish(),
  }),
);

export type TokenEntry = z.infer<typeof TOKENS>[number];

interface Token {
  readonly account: Account;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export class Tokens {
  private readonly file: AccountFile<ReadonlyMap<string, Token>>;

  /** @throws UserError where the file is not there or not of the format. */
  constructor(path: string, log: Log) {
    this.file = new AccountFile(path, (json) => tokensOf(checked(TOKENS, json, path)), log);
  }

  verify(text: string): Account | undefined {
    const token = this.file.current().get(digestOf(text));
    return token !== undefined && Date.now() < token.until ? token.account : undefined;
  }
}

function tokensOf(entries: readonly TokenEntry[]): ReadonlyMap<string, Token> {
  return new Map(
    entries.map(({ name, sha256, aois, expires }) => [
      sha256,
      {
        account: accountOf(name, aois),
        until: expires == null ? Infinity : Date.parse(`${expires}T23:59:59.999Z`),
      },
    ]),
  );
}

/** A new token, and what the file is to keep of it. */
export function makeToken(
  name: string,
  aois: readonly string[],
  expires?: string,
): { readonly token: string; readonly entry: TokenEntry } {
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`;
  return {
    token,
    entry: { name, sha256: digestOf(token), aois: [...aois], ...(expires !== undefined && { expires }) },
  };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
