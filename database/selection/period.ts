/** Times as text. The catalogue's timestamps carry no zone and mean UTC, so a local zone must never slip in. */

const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)?(Z)?$/;

/** A day or time in the one spelling used here (`2024-03-01T00:00:00`), or undefined where it isn't one, or not in UTC. */
export function isoTime(text: string): string | undefined {
  const match = TIME.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = ''] = match;
  const seconds = `${year!}-${month!}-${day!}T${hour}:${minute}:${second}`;
  const parsed = Date.parse(`${seconds}Z`);
  // Date rolls the 30th of February over to March; what comes back tells.
  if (Number.isNaN(parsed) || new Date(parsed).toISOString().slice(0, 19) !== seconds) return undefined;
  return seconds + fraction;
}
