/** Texts that are made long on purpose: whoever goes over them more than once takes minutes. */
import { below, oneOf, type Random } from '../../demo/season/random.js';

/** What a worker may compute for a text of this length before it is read or refused. */
export const BLOATED = { bytes: 1_800_000, seconds: 2 };

/** Beginnings of what has an end: elements, attributes, comments, entities, braces, brackets, quotes, numbers, blanks. */
const PIECES = [
  '<RectifiedGrid ',
  '<RectifiedGrid>',
  '<gml:pos>1 ',
  '<offsetVector ',
  '<SRS>',
  '<SRS ',
  '<GeoTransform>1,',
  '<a b="1" ',
  '<!--',
  '<![CDATA[',
  '<!DOCTYPE a [',
  '&quot;',
  '&a',
  'A["',
  'A[',
  'AUTHORITY["EPSG",',
  'UTM zone 1 ',
  '{',
  'map info = {',
  '= ',
  '"',
  ' ',
  '\n',
  '\0',
  '1,',
  '0',
];

/** A text with one piece many times in a row somewhere in it, its end lost one time in two. */
export function bloat(sound: Uint8Array, next: Random): Buffer {
  const text = Buffer.from(sound);
  const at = below(next, text.length + 1);
  const piece = oneOf(PIECES, next);
  const filling = Buffer.from(piece.repeat((BLOATED.bytes * next()) / piece.length), 'latin1');
  return Buffer.concat([text.subarray(0, at), filling, next() < 0.5 ? text.subarray(at) : Buffer.alloc(0)]);
}

/** A JP2 file with such a text in an `xml ` box before its codestream. */
export function bloatBoxes(jp2: Uint8Array, next: Random): Buffer {
  const sound = Buffer.from(jp2);
  const codestream = sound.indexOf('jp2c') - 4;
  const content = bloat(Buffer.from('<gml:RectifiedGrid srsName="EPSG:32631"></gml:RectifiedGrid>'), next);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write('xml ', 4, 'latin1');
  return Buffer.concat([sound.subarray(0, codestream), header, content, sound.subarray(codestream)]);
}
