/** Takes the query of a URL apart. */

/** Nothing of ours has more. */
const MOST_PARAMETERS = 50;

/** Of a parameter that is given twice the first counts, as for CbM's server: so what rights are checked by is what is answered. */
export function queryParser(text: string): Record<string, string> {
  // Without a prototype no parameter is called like something that every object has.
  const query = Object.create(null) as Record<string, string>;
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++count > MOST_PARAMETERS) break;
    query[name] ??= value;
  }
  return query;
}
