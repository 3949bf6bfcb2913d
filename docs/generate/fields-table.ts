/** The table of an input's fields, as campaigns/ tells them. */
import { type Field, numbersOf } from '../../campaigns/fields.js';
import { plainText, table } from './section.js';

export function fieldsTable(fields: readonly Field[]): string {
  return table(
    ['field', 'option', 'takes', 'left out', 'meaning'],
    fields.map((field) => [
      `\`${field.path.join('.')}\``,
      field.flag === undefined ? '' : `\`${field.flag.split(' ')[0]!}\``,
      taken(field),
      leftOut(field),
      `${plainText(field.meaning)}${field.more ?? ''}`,
    ]),
  );
}

function taken(field: Field): string {
  const { type, choices, keys } = field;
  if (choices) return choices.map((choice) => `\`"${choice}"\``).join(', ');
  if (keys) return `\`{${keys.join(', ')}}\``;
  switch (type) {
    case 'integer':
    case 'number':
      return numbersOf(field);
    case 'array':
      return 'list';
    case 'boolean':
      return '`true`, `false`';
    case 'object':
      return 'object';
    case 'string':
      return 'text';
  }
}

/** Names in code are keys of db_config.json. */
function leftOut({ key, otherwise, choices, required, type }: Field): string {
  if (required) return 'must be there';
  const isWord = choices?.includes(String(otherwise)) === true;
  return [
    ...(key === undefined ? [] : [`\`${key}\``]),
    ...(otherwise === undefined ? [] : [isWord ? `\`"${otherwise}"\`` : String(otherwise)]),
    ...(type === 'boolean' ? ['`false`'] : []),
  ].join(', else ');
}
