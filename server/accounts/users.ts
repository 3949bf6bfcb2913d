/**
 * Accounts with passwords, of CbM's users.json as it is. To check a password takes 50 ms of a core, so one that was right is
 * remembered for a while, by a digest under a key that this process alone has.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Log } from '../../telemetry/log.js';
import { UserError } from '../../terminal/user-error.js';
import { type Account, accountOf } from './account.js';
import { AccountFile, checked } from './account-file.js';
import { hashPassword, isPassword, type PasswordHash, pythonBytes } from './password.js';

const FILE = z.record(
  z.string(),
  z.object({
    salt: z.string(),
    key: z.string(),
    aois: z.union([z.array(z.string()), z.string().transform((aoi) => [aoi])]).default([]),
  }),
);

interface User extends PasswordHash {
  readonly account: Account;
}

type UsersByName = ReadonlyMap<string, User>;

const REMEMBERED_MS = 10 * 60_000;
/** Checks at once; more would keep everything else of the process waiting. */
const MOST_CHECKS = 16;

/** So many passwords are being checked that another one has to wait. */
export class TooManyChecks extends Error {
  override readonly name = 'TooManyChecks';
}

export class Users {
  private readonly file: AccountFile<UsersByName>;
  private readonly secret = randomBytes(32);
  private readonly verified = new Map<string, number>();
  private readonly checks = new Map<string, Promise<boolean>>();
  /** Who is not known takes as long as who is. */
  private readonly nobody: Promise<PasswordHash> = hashPassword(randomBytes(16).toString('hex'));

  /** @throws UserError where the file is not there or not of the format. */
  constructor(path: string, log: Log) {
    this.file = new AccountFile(path, (json) => usersOf(path, json), log);
  }

  /** The account, where this password of it was found right a short while ago. */
  remembered(name: string, password: string): Account | undefined {
    const user = this.find(name);
    if (user === undefined) return undefined;
    const since = this.verified.get(this.digestOf(user, password));
    return since !== undefined && performance.now() - since < REMEMBERED_MS ? user.account : undefined;
  }

  /**
   * The account, where the password is its own. Names are known in any case of letters.
   * @throws TooManyChecks
   */
  async verify(name: string, password: string): Promise<Account | undefined> {
    const user = this.find(name);
    const hash = user ?? (await this.nobody);
    const digest = this.digestOf(hash, password);
    const right = await this.check(digest, password, hash);
    if (!right || user === undefined) return undefined;
    // An account has one password, so there are few more of these than accounts.
    this.verified.set(digest, performance.now());
    return user.account;
  }

  private find(name: string): User | undefined {
    return this.file.current().get(name.toLowerCase());
  }

  /** Of this hash too: when the file has another, nothing that was right before is remembered. */
  private digestOf({ salt, key }: PasswordHash, password: string): string {
    return createHmac('sha256', this.secret).update(salt).update(key).update(password).digest('base64');
  }

  /** Requests that come together with one password wait for one check. */
  private check(digest: string, password: string, hash: PasswordHash): Promise<boolean> {
    const underWay = this.checks.get(digest);
    if (underWay !== undefined) return underWay;
    if (this.checks.size >= MOST_CHECKS) throw new TooManyChecks('too many passwords are being checked');
    const check = isPassword(password, hash).finally(() => {
      this.checks.delete(digest);
    });
    this.checks.set(digest, check);
    return check;
  }
}

function usersOf(path: string, json: unknown): UsersByName {
  return new Map(
    Object.entries(checked(FILE, json, path)).map(([name, { salt, key, aois }]) => {
      const [saltBytes, keyBytes] = [pythonBytes(salt), pythonBytes(key)];
      if (saltBytes === undefined || keyBytes === undefined)
        throw new UserError(`${path}: salt or key of ${name} is not what Python writes of bytes`);
      return [name.toLowerCase(), { account: accountOf(name, aois), salt: saltBytes, key: keyBytes }];
    }),
  );
}
