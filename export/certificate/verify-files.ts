/** Whether the files that a certificate names are as they were: the page beside it, and those of an export. */
import { join } from 'node:path';
import { ITEM } from '../item.js';
import { MANIFEST } from '../manifest.js';
import type { Certificate } from './certificate.js';
import { fileDigest, filesIn, isInside } from './exported-files.js';
import { fails, holds, type Line, note } from './verdict.js';

/** @param path of the page; that it is away is no fault, since it says nothing of its own */
export async function verifyPage({ page }: Certificate, path: string): Promise<Line> {
  const found = await fileDigest(path);
  if (found === undefined) return note(`the page ${path} is not there`);
  return found.sha256 === page.sha256
    ? holds(`${path} is the page of this certificate`)
    : fails(`${path} is not the page of this certificate: it was changed, or is of another`);
}

/** @param folder of the export; undefined where files are not to be looked at */
export async function verifyFiles({ files }: Certificate, folder: string | undefined): Promise<Line[]> {
  if (files === undefined)
    return folder === undefined ? [] : [fails(`the certificate names no exported files`)];
  if (folder === undefined)
    return [note(`${files.length} exported files are not looked at; --export names their folder`)];
  const lines: Line[] = [];
  for (const { path, bytes, sha256 } of files) {
    const found = isInside(path) ? await fileDigest(join(folder, path)) : undefined;
    if (found === undefined) lines.push(fails(`${path} is not in ${folder}`));
    else if (found.sha256 !== sha256)
      lines.push(fails(`${path} was changed: it has ${found.bytes} bytes, ${bytes} were certified`));
  }
  // Both are written anew by each run of the export, and hold no numbers.
  const known = new Set([...files.map(({ path }) => path), MANIFEST, ITEM]);
  const others = (await filesIn(folder)).filter((path) => !known.has(path));
  const sound = files.length - lines.length;
  return [
    ...(sound > 0 ? [holds(`${sound} of ${files.length} exported files are as certified`)] : []),
    ...lines,
    ...(others[0] === undefined
      ? []
      : [note(`files in ${folder} that are not certified: ${others.length}, the first is ${others[0]}`)]),
  ];
}
