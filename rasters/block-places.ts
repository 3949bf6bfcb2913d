/**
 * Where blocks of a file lie whose header does not say it, written beside a file of which only parts are there: what was once
 * found by looking at their beginnings is not looked for again.
 *
 * It is believed as a list in a header would be, and compared with each block that is there.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** Several of a block where it is stored in several pieces. */
export interface BlockPlace {
  /** Numbered from 0, row by row. */
  readonly block: number;
  readonly position: number;
  readonly length: number;
}

/** The file that tells them of the file at `path`. */
export const placesPath = (path: string): string => `${path}.places`;

/** In the order in which they lie; none where nothing is written, or what is can't be read. */
export function readPlaces(path: string): BlockPlace[] {
  try {
    const numbers: unknown = JSON.parse(readFileSync(placesPath(path), 'utf8'));
    if (!Array.isArray(numbers) || numbers.length % 3 !== 0) return [];
    if (!numbers.every((number): number is number => Number.isSafeInteger(number) && number >= 0)) return [];
    const places = Array.from({ length: numbers.length / 3 }, (_, i) => ({
      block: numbers[3 * i]!,
      position: numbers[3 * i + 1]!,
      length: numbers[3 * i + 2]!,
    }));
    const isInOrder = places.every(({ position }, i) => {
      const before = places[i - 1];
      return before === undefined || before.position + before.length <= position;
    });
    return isInOrder ? places : [];
  } catch {
    return [];
  }
}

let written = 0;

/** @param places in any order */
export async function writePlaces(path: string, places: readonly BlockPlace[]): Promise<void> {
  const sorted = [...places].sort((a, b) => a.position - b.position);
  const numbers = sorted.flatMap(({ block, position, length }) => [block, position, length]);
  const part = `${placesPath(path)}.${process.pid}-${(written += 1)}`;
  await writeFile(part, JSON.stringify(numbers));
  await rename(part, placesPath(path));
}
