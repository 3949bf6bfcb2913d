/** What a verification finds, line by line. */

export interface Line {
  /** `note`: what is worth knowing and changes nothing. */
  readonly verdict: 'holds' | 'fails' | 'note';
  readonly text: string;
}

export const holds = (text: string): Line => ({ verdict: 'holds', text });
export const fails = (text: string): Line => ({ verdict: 'fails', text });
export const note = (text: string): Line => ({ verdict: 'note', text });

/** So many lines of a kind are told in full. */
const EACH = 20;

/** The first lines, and how many more there are. */
export function shortened(lines: readonly Line[], what: string): Line[] {
  const more = lines.length - EACH;
  const last = lines.at(-1);
  return more <= 0 || last === undefined
    ? [...lines]
    : [...lines.slice(0, EACH), { ...last, text: `and ${more} more ${what}` }];
}
