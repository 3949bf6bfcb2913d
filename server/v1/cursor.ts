/** Where a page ended: what the next one begins after, as a word that is handed on as it is. */
import { Problem } from '../problem.js';

export function writeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** @throws Problem where it is none of ours, of so many parts. */
export function readCursor(cursor: string, parts: readonly RegExp[]): string[] {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(read) && read.length === parts.length) {
      const texts = read.map(String);
      if (texts.every((text, i) => parts[i]!.test(text))) return texts;
    }
  } catch {
    // Told below.
  }
  throw new Problem(400, {
    detail: 'The cursor is none that a page gave.',
    remedy: 'Begin without a cursor, and follow next from page to page.',
  });
}

/** The address of the next page: the same question, after this one's last. */
export function nextPage(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', cursor);
  return `${path}?${parameters.toString()}`;
}
