/** Options of commands that are made of an input's fields. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command, CommanderError } from 'commander';
import { z } from 'zod';
import { fieldsOf, described } from '../../campaigns/fields.js';
import { addFieldOptions, type OptionValues, saidOf } from '../../cli/field-options.js';

const FIELDS = fieldsOf(
  z.strictObject({
    kind: z.enum(['a', 'b']).register(described, { meaning: 'the kind', flag: '--kind <kind>' }),
    inner: z
      .strictObject({
        table: z.string().register(described, {
          meaning: 'a table',
          flag: '--table <name>',
          key: 'in_file',
          otherwise: 'none',
        }),
      })
      .partial()
      .optional(),
    hidden: z.number().optional().register(described, { meaning: 'no option' }),
    count: z.int().min(1).max(9).default(4).register(described, { meaning: 'a count', flag: '--count <n>' }),
    rate: z.number().positive().optional().register(described, { meaning: 'a rate', flag: '--rate <n>' }),
    parts: z
      .array(z.string())
      .optional()
      .register(described, { meaning: 'parts', flag: '--parts <list>', typed: 'with commas' }),
    only: z.boolean().optional().register(described, { meaning: 'only that', flag: '--only' }),
    even: z.boolean().optional().register(described, { meaning: 'even so', flag: '--even', key: 'even' }),
  }),
);

function command(): Command {
  const made = addFieldOptions(new Command(), FIELDS).exitOverride();
  return made.configureOutput({ writeErr: () => undefined });
}

function said(line: string): unknown {
  return saidOf(FIELDS, command().parse(line.split(' '), { from: 'user' }).opts<OptionValues>());
}

function refused(line: string, message: RegExp): void {
  assert.throws(
    () => said(line),
    (error) => error instanceof CommanderError && message.test(error.message),
  );
}

describe('options made of fields', () => {
  it('put what was said at its place in the input, and nothing else', () => {
    assert.deepEqual(said('--kind a'), { kind: 'a' });
    assert.deepEqual(said('--kind b --table t --count 9 --rate 0.5 --parts x,y --only'), {
      kind: 'b',
      inner: { table: 't' },
      count: 9,
      rate: 0.5,
      parts: ['x', 'y'],
      only: true,
    });
    assert.deepEqual(said('--kind a --even'), { kind: 'a', even: true });
    assert.deepEqual(said('--kind a --no-even'), { kind: 'a', even: false }, 'though the file says so');
    refused('--kind a --no-only', /unknown option/);
  });

  it('refuse numbers beyond the bounds of the field, and say which there are', () => {
    refused('--kind a --count 0', /It is a whole number from 1 to 9/);
    refused('--kind a --count 10', /It is a whole number from 1 to 9/);
    refused('--kind a --count 1.5', /It is a whole number from 1 to 9/);
    refused('--kind a --rate 0', /It is a number above 0/);
    refused('--kind a --rate many', /It is a number above 0/);
  });

  it('refuse another word than the choices, an empty part of a list, and a missing mandatory one', () => {
    refused('--kind c', /Allowed choices are a, b/);
    refused('--kind a --parts x,,y', /list with commas/);
    refused('--count 1', /required option '--kind <kind>' not specified/);
  });

  it('tell in the help what holds without them', () => {
    const help = command().helpInformation().replace(/\s+/g, ' ');
    assert.match(help, /--table <name> a table \(default: in_file of db_config\.json, else none\)/);
    assert.match(help, /--count <n> a count \(default: 4\)/);
    assert.match(help, /--parts <list> parts, with commas --only/);
    assert.doesNotMatch(help, /no option/);
  });
});
