/**
 * What of db_config.json is parcelwise's own: blocks that hold nothing else, and keys in blocks that CbM's tools share. A slip
 * in one of them is an error, or something else than what was meant would be extracted.
 */
import { z } from 'zod';
import type { ClearRule } from '../terms.js';
import { INDEX_NAME, MAX_INNER_BUFFER_M, WIDEST_M } from './defaults.js';
import { nearestName } from '../../terminal/nearest-name.js';

export const text = z.string().trim().min(1, 'must not be empty');
/** Numbers of the file may stand in quotes, and one that is left empty is not said: as a number it would be 0. */
export const numeric = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => {
    if (typeof value !== 'string') return value ?? undefined;
    return value.trim() === '' ? undefined : Number(value);
  }, schema);

export const metres = (most: number) => numeric(z.number().min(0).max(most).optional());
/** A list of numbers, or the same with commas. */
const classes = z
  .union([z.array(z.unknown()), z.string().transform((list) => list.split(','))])
  .pipe(z.array(numeric(z.int().min(0).max(255))).min(1));

/** All of this block is ours, so a key that is not known is a mistake. */
export const CLEAR = z.strictObject({
  classes: classes.optional(),
  widen_m: metres(WIDEST_M),
  min_pixels: numeric(z.int().min(1).optional()),
  inner_buffer_m: metres(MAX_INNER_BUFFER_M),
});

/** Keys of the blocks that CbM's tools share with us, which CbM's own don't have. */
const OURS = {
  tables: ['hists_table', 'clear_table'],
  args: [
    ...['band_names', 'min_area_m2', 'chunk_parcels', 'pixels', 'inner_buffer_m', 'clear', 'skip_cloudy'],
    'indices',
  ],
} as const;

/** Adds an issue for each key that is nearly one of ours. */
function refuseMisspelt(block: keyof typeof OURS, known: readonly string[]) {
  return (keys: object, context: z.RefinementCtx): void => {
    for (const key of Object.keys(keys)) {
      const meant = known.includes(key) ? undefined : nearestName(key, OURS[block]);
      if (meant !== undefined)
        context.addIssue({ code: 'custom', path: [key], message: `is not known (is ${meant} meant?)` });
    }
  };
}

/** A block that keeps keys of other tools, and may not have any that is nearly one of ours. */
export const shared = <Shape extends z.ZodRawShape>(block: keyof typeof OURS, shape: Shape) =>
  z.looseObject(shape).superRefine(refuseMisspelt(block, Object.keys(shape)));

/** Indices by name; the names are people's own. */
export const INDICES = z.record(z.string().regex(INDEX_NAME.pattern, INDEX_NAME.mistake), text);

/** As much of the rule as is said. */
export function clearRuleOf({
  classes: listed,
  widen_m,
  min_pixels,
  inner_buffer_m,
}: z.output<typeof CLEAR>): Partial<ClearRule> {
  return {
    ...(listed !== undefined && { classes: listed }),
    ...(widen_m !== undefined && { widenM: widen_m }),
    ...(min_pixels !== undefined && { minPixels: min_pixels }),
    ...(inner_buffer_m !== undefined && { innerBufferM: inner_buffer_m }),
  };
}

/** Unknown keys are those of the one block that is wholly ours. */
export function mistakeOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return issue.keys
      .map((key) => {
        const known = Object.keys(CLEAR.shape);
        const meant = nearestName(key, known);
        return `${key} is not known (${meant === undefined ? `there are ${known.join(', ')}` : `is ${meant} meant?`})`;
      })
      .join(', ');
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  return issue.message.endsWith('received undefined') ? 'is missing' : inWords(issue);
}

/** What zod tells of bounds, kinds and choices, as the options of commands tell it. */
function inWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small' && issue.origin !== 'string') {
    const least = issue.inclusive === false ? `above ${issue.minimum}` : `${issue.minimum} or more`;
    return issue.origin === 'array' ? `must have ${least}` : `must be ${least}`;
  }
  if (issue.code === 'too_big' && issue.origin !== 'string') return `must be ${issue.maximum} or less`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type' && issue.expected === 'number') return 'must be a number';
  if (issue.code === 'invalid_type' && issue.expected === 'int') return 'must be a whole number';
  if (issue.code === 'invalid_type' && issue.expected === 'boolean') return 'must be true or false';
  return issue.message;
}
