/** Text of others in the Markdown that Temporal's Web UI renders: references, reasons, names of tables are shown as written. */

/** What has a meaning within a line, by CommonMark and GitHub's tables and strike-through. */
const INLINE = /[\\`*[\]<>|~]/g;
/** An underscore between letters or digits means nothing, and product names are full of them. */
const UNDERSCORE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** `&lt;` would be shown as `<`. */
const ENTITY = /&(?=#?\w+;)/g;
/** What makes a heading, a list or a line of its own out of a beginning. */
const BEGINNING = /^(?:[#+=-]|\d{1,9}(?=[.)]))/;

/** One line that is shown as it stands. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(INLINE, '\\$&')
    .replace(UNDERSCORE, '\\_')
    .replace(ENTITY, '\\&')
    .replace(BEGINNING, (start) => (/^\d/.test(start) ? `${start}\\` : `\\${start}`));
}
