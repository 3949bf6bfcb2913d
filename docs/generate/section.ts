/** Parts of pages that are written by programs, between two markers; the rest of a page is people's. */
import prettier from 'prettier';

/** The page with its part of that name made anew, as Prettier sets it. @throws Error where the page has no such part. */
export async function withPart(
  page: string,
  name: string,
  part: string,
  by = 'npm run docs',
): Promise<string> {
  const begin = `<!-- ${name}: from here on written by "${by}" -->`;
  const end = `<!-- ${name}: to here -->`;
  const [before, after] = [page.indexOf(begin), page.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`the page has no "${begin}" and "${end}"`);
  const text = `${page.slice(0, before + begin.length)}\n\n${part.trim()}\n\n${page.slice(after)}`;
  const settings = await prettier.resolveConfig(new URL('../../../.prettierrc.json', import.meta.url));
  return await prettier.format(text, { ...settings, parser: 'markdown' });
}

/** A table; Prettier aligns it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Words of the command's help, which would be HTML or emphasis to Markdown. */
export function plainText(text: string): string {
  return text.replace(/[<*]/g, '\\$&');
}
