/** What others say, made fit for a message: one line, of bounded length, without control characters. */

/** @param most characters; a longer text ends in `…`. */
export function printable(text: string, most = 200): string {
  // Beside control characters those that turn the direction of text or are not seen at all.
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const letters = Array.from(line);
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join('')}…`;
}
