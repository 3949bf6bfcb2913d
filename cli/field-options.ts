/** Options of a command for the fields of an input, and the input made of what was said. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Field, numbersOf } from '../campaigns/fields.js';

/** What a command's options hold, by the names that commander gives them. */
export type OptionValues = Readonly<Record<string, unknown>>;
type Parse = (text: string) => unknown;

/** What a command says of an option itself. */
interface Own {
  /** Where the command has another default than the input. */
  readonly standard?: string | number;
}

/** @param own by the names that commander gives the options. */
export function addFieldOptions(
  command: Command,
  fields: readonly Field[],
  own: Readonly<Record<string, Own>> = {},
): Command {
  for (const field of fields) {
    if (field.flag === undefined) continue;
    const name = new Option(field.flag).attributeName();
    command.addOption(optionOf(field, field.flag, own[name] ?? {}));
    if (field.type === 'boolean' && field.key !== undefined)
      command.addOption(
        new Option(
          field.flag.replace(/^--/, '--no-'),
          `not so, whatever ${field.key} of db_config.json says`,
        ),
      );
  }
  return command;
}

function optionOf(field: Field, flag: string, { standard }: Own): Option {
  const parse = parserOf(field);
  const option = new Option(flag, inHelp(field, standard)).makeOptionMandatory(field.required);
  if (parse) option.argParser(parse);
  if (standard !== undefined) option.default(standard);
  return field.choices ? withChoices(option, field.choices, field.former) : option;
}

/** Former choices are taken, but not offered. */
function withChoices(option: Option, choices: readonly string[], former: readonly string[] = []): Option {
  option.choices(choices);
  const choose = option.parseArg!;
  return option.argParser((text, previous: unknown): unknown =>
    former.includes(text) ? text : choose.call(option, text, previous),
  );
}

/** The field's line of help: what it is, how it is typed, and what holds without it, which commander adds where it knows. */
function inHelp({ meaning, typed, key, otherwise }: Field, standard: Own['standard']): string {
  const defaults = [
    ...(key === undefined ? [] : [`${key} of db_config.json`]),
    ...(otherwise === undefined ? [] : [String(otherwise)]),
  ];
  const without =
    defaults.length === 0 || standard !== undefined ? '' : ` (default: ${defaults.join(', else ')})`;
  return `${[meaning, ...(typed === undefined ? [] : [typed])].join(', ')}${without}`;
}

function parserOf(field: Field): Parse | undefined {
  if (field.type === 'array') return listOf;
  return field.type === 'integer' || field.type === 'number' ? (text) => numberOf(field, text) : undefined;
}

function listOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === ''))
    throw new InvalidArgumentError('It is a list with commas, as B04,B08.');
  return parts;
}

function numberOf(field: Field, text: string): number {
  const { type, minimum = -Infinity, maximum = Infinity, above = -Infinity } = field;
  const value = text.trim() === '' ? NaN : Number(text);
  const fits = type === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
  if (fits && value >= minimum && value <= maximum && value > above) return value;
  throw new InvalidArgumentError(`It is ${numbersOf(field)}.`);
}

/** What was said of the fields, each at its path; to be checked by the input's own schema. */
export function saidOf(fields: readonly Field[], options: OptionValues): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { flag, path } of fields) {
    const value = flag === undefined ? undefined : options[new Option(flag).attributeName()];
    if (value !== undefined) put(input, path, value);
  }
  return input;
}

function put(record: Record<string, unknown>, [name, ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) record[name!] = value;
  else put((record[name!] ??= {}) as Record<string, unknown>, rest, value);
}
