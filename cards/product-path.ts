/** What the CARD types share about keys: day folders, references that are safe to put in a key, listing a product. */
import type { ObjectInfo, ObjectStore } from '../store/object-store.js';

/** `2024/03/04` of an ISO 8601 time or of a name's `20240304T…`. */
export function dayFolder(time: string): string {
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(time) ?? [];
  if (year === undefined || month === undefined || day === undefined) {
    throw new Error(`'${time}' is not an ISO 8601 time`);
  }
  return `${year}/${month}/${day}`;
}

/** True for a reference that is one plain part of a key: no slash, no dots that lead elsewhere. */
export function isPlainReference(reference: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(reference);
}

/** All objects below a prefix. Products hold about a hundred. */
export async function listProduct(store: ObjectStore, prefix: string): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  for await (const object of store.list(prefix)) objects.push(object);
  return objects;
}

/** The bands of a card, for the message about one that it doesn't have. */
export function unknownBand(card: string, name: string, bands: readonly string[]): Error {
  return new Error(`card ${card} has no band '${name}'; it has ${bands.join(', ')}`);
}
