/** Checks the inputs of workflows, with messages for people who typed them as JSON. */
import { ApplicationFailure } from '@temporalio/common';
import type { z } from 'zod';
import { fieldsOf } from '../campaigns/fields.js';
import { plain, slipsBetween } from '../terminal/nearest-name.js';

/** What an input is called, and what it must have, in words. */
interface InWords {
  readonly what: string;
  readonly must: string;
}

/** @throws ApplicationFailure `InvalidInput`, non-retryable, naming every wrong field and those there are. */
export function checkInput<Schema extends z.ZodObject>(
  schema: Schema,
  input: unknown,
  { what, must }: InWords,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
    const remedy = issue.code === 'unrecognized_keys' ? meant(schema, issue.path, issue.keys) : '';
    return `${where}${issue.message}${remedy}`;
  });
  const others = Object.entries(schema.shape)
    .filter(([, field]) => (field as z.ZodType).safeParse(undefined).success)
    .map(([name]) => name);
  throw ApplicationFailure.nonRetryable(
    `The ${what}'s input is not valid. ${problems.join('; ')}. It takes ${must} and, where it is to be another than ` +
      `what the worker's db_config.json says or the default: ${others.join(', ')}.`,
    'InvalidInput',
  );
}

/** ` (is aoi.name meant?)`, where fields are like the unknown ones. */
function meant(schema: z.ZodType, path: readonly PropertyKey[], unknown: readonly string[]): string {
  const known = fieldsOf(schema).map((field) => field.path);
  const found = unknown.flatMap((key) => nearest([...path.map(String), key], known) ?? []);
  return found.length > 0 ? ` (is ${found.join(', ')} meant?)` : '';
}

/** Letters that may be wrong, missing or too many. */
const SLIPS = 2;

/** The field that a path is most like: misspelt, cut short, spelt as in db_config.json, or written at another level. */
function nearest(path: readonly string[], known: readonly (readonly string[])[]): string | undefined {
  const key = plain(path.at(-1)!);
  const [closest] = known
    .filter((field) => path.slice(0, -1).every((name, at) => field[at] === name))
    .map((field) => field.slice(0, path.length))
    .map((field) => ({ field, slips: slips(key, plain(field.at(-1))) }))
    .filter((near) => near.slips <= SLIPS && near.slips < key.length)
    .sort((one, other) => one.slips - other.slips);
  const found = closest?.field ?? known.find((field) => plain(field.at(-1)!) === key);
  return found?.join('.');
}

function slips(key: string, word: string): number {
  return word.startsWith(key) ? 0 : slipsBetween(key, word);
}
