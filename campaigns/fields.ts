/**
 * Fields of an input, each described once beside its check: what it means, how the command line takes it, and what holds where it
 * is left out. From it come the options of commands, messages about wrong inputs, and the tables of the pages.
 */
import { z } from 'zod';

/** What a schema cannot say by itself. */
export interface Description {
  /** What it means, in plain words: help and pages begin with it. */
  readonly meaning: string;
  /** What the pages add, in Markdown, links from within docs/. */
  readonly more?: string;
  /** As commander writes it: `--concurrency <scenes>`. Without it the field is none of the command line's. */
  readonly flag?: string;
  /** How the command line takes it, where that is another way. */
  readonly typed?: string;
  /** Choices that are called otherwise by now, and still taken. */
  readonly former?: readonly string[];
  /** Its key in db_config.json, which is taken where the field is left out. */
  readonly key?: string;
  /** What holds where neither says it, unless the schema has a default. */
  readonly otherwise?: string | number;
}

/** Where schemas note it: `z.string().register(described, { meaning })`. */
export const described = z.registry<Description>();

export interface Field extends Description {
  /** From the input's top: `['tables', 'results']`. */
  readonly path: readonly string[];
  /** As in JSON Schema. */
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  readonly required: boolean;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** The bound that it must lie above. */
  readonly above?: number;
  /** Keys of an object that is one thing. */
  readonly keys?: readonly string[];
}

/** The parts of JSON Schema that inputs are made of, and what is described beside them. */
interface Node extends Partial<Description> {
  readonly type?: Field['type'] | readonly (Field['type'] | 'null')[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly default?: string | number;
}

/** Every field that is described, in the schema's order; of alternatives each field once. */
export function fieldsOf(schema: z.ZodType): Field[] {
  const root = z.toJSONSchema(schema, { metadata: described, io: 'input' }) as Node;
  const fields = new Map<string, Field>();
  for (const field of below(root, [], true))
    if (!fields.has(field.path.join('.'))) fields.set(field.path.join('.'), field);
  return [...fields.values()];
}

function* below(node: Node, path: readonly string[], required: boolean): Generator<Field> {
  const { meaning } = node;
  if (meaning !== undefined) {
    yield fieldOf({ ...node, meaning }, path, required);
    return;
  }
  // Of alternatives none is required by itself.
  for (const one of node.anyOf ?? []) yield* below(one, path, false);
  for (const [name, child] of Object.entries(node.properties ?? {}))
    yield* below(child, [...path, name], required && node.required?.includes(name) === true);
}

function fieldOf(node: Node & Description, path: readonly string[], required: boolean): Field {
  const { meaning, more, flag, typed, former = [], key, otherwise = node.default, minimum, maximum } = node;
  const types = [node.type ?? 'string'].flat();
  return {
    path,
    required,
    meaning,
    type: types.find((type) => type !== 'null') ?? 'string',
    ...(more !== undefined && { more }),
    ...(flag !== undefined && { flag }),
    ...(typed !== undefined && { typed }),
    ...(key !== undefined && { key }),
    ...(otherwise !== undefined && { otherwise }),
    ...(former.length > 0 && { former }),
    ...(node.enum && { choices: node.enum.filter((choice) => !former.includes(choice)) }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(node.exclusiveMinimum !== undefined && { above: node.exclusiveMinimum }),
    ...(node.properties && { keys: Object.keys(node.properties) }),
  };
}

/** Which numbers a field takes: `a whole number from 1 to 500`. */
export function numbersOf({ type, minimum, maximum, above }: Field): string {
  const bounds = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
  ];
  return [type === 'integer' ? 'a whole number' : 'a number', ...bounds].join(' ');
}
