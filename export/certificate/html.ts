/** HTML from values that may be anything: what is put into it is text, unless it was made here. */

/** A piece of a page. */
export class Html {
  constructor(readonly text: string) {}
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Content = Html | string | number | undefined | readonly Content[];

/** A template whose values are escaped; lists are joined, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((all, text, i) => `${all}${textOf(values[i - 1])}${text}`));
}

/** A table; columns of numbers are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly Content[])[]): Html {
  const sides = head.map((_, column) =>
    rows.some((row) => typeof row[column] === 'number') ? new Html(' class="n"') : undefined,
  );
  const heads = head.map((cell, column) => html`<th${sides[column]}>${cell}</th>`);
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => html`<td${sides[column]}>${shown(cell)}</td>`);
    return html`<tr>
      ${cells}
    </tr> `;
  });
  return html`<table>
    <thead>
      <tr>
        ${heads}
      </tr>
    </thead>
    <tbody>
      ${lines}
    </tbody>
  </table>`;
}

function shown(cell: Content): Content {
  return typeof cell === 'number' ? cell.toLocaleString('en') : cell;
}

function textOf(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(textOf).join('');
  return `${value}`.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}
