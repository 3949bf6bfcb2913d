/** A JSON file of accounts, read again when it has changed, so that who was struck off it is out within seconds. */
import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import type { Log } from '../../telemetry/log.js';
import { UserError } from '../../terminal/user-error.js';

/** Files are looked at so often. */
const LOOK_AGAIN_MS = 2_000;

export class AccountFile<Content> {
  private content: Content;
  private stamp: string;
  private lookedAt = performance.now();

  /** @throws UserError where the file is not there or not of the format. */
  constructor(
    private readonly path: string,
    private readonly parse: (json: unknown) => Content,
    private readonly log: Log,
  ) {
    this.stamp = stampOf(path);
    this.content = parse(readJson(path));
  }

  /** As the file is now. A version that can't be read is told, and the one before holds. */
  current(): Content {
    const now = performance.now();
    if (now - this.lookedAt < LOOK_AGAIN_MS) return this.content;
    this.lookedAt = now;
    try {
      const stamp = stampOf(this.path);
      if (stamp === this.stamp) return this.content;
      this.stamp = stamp;
      this.content = this.parse(readJson(this.path));
      this.log.info(`${this.path} was read again`);
    } catch (error) {
      this.log.warn(`${(error as Error).message}; what it said before still holds`);
    }
    return this.content;
  }
}

/** @throws UserError naming the file and the key; no message repeats a value, which may be a secret. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  json: unknown,
  path: string,
): z.output<Schema> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path: key, code }) => `${key.join('.') || 'the file'}: ${code}`,
  );
  throw new UserError(`${path}: ${problems.join('; ')}. Its format is described in docs/serve.md`);
}

/** Editors put another file in its place, within a second of the last change too. */
function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UserError(`${path}: there is no such file`);
  return `${found.ino} ${found.mtimeMs} ${found.size}`;
}

/** @throws UserError that repeats nothing of the file. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    // The parser's own message quotes the text around the fault.
    const why = error instanceof SyntaxError ? 'is not valid JSON' : "can't be read";
    throw new UserError(`${path} ${why}`);
  }
}
