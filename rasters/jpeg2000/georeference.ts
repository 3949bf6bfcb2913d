/**
 * Where a JPEG 2000 file lies on the ground: GDAL's `.aux.xml` beside it, its GeoJP2 box, its GML box. Where several say
 * so, the first of that order is believed, as GDAL does, and a note tells what another one says. ESA's Sentinel-2 files
 * have only the GML box, bare codestreams can have only the file beside them.
 */
import type { Extent, Jp2File } from './boxes.js';
import { Damage } from '../damage.js';
import type { FileSource } from '../file-source.js';
import { Unsupported } from '../unsupported.js';
import { MAX_XML_BYTES } from '../xml.js';
import { isGeoJp2, parseGeoJp2 } from './geojp2.js';
import { parseGml } from './gml.js';
import { MAX_METADATA_BYTES } from './limits.js';
import { parsePam } from './pam.js';
import type { Sidecar } from './sidecar.js';
import type { Georeference } from './stated-georeference.js';

/** What one of the places that can say where a file lies does say: a georeference, or what is wrong with it. */
interface Statement {
  readonly by: string;
  readonly says: Georeference | string;
}

/**
 * @param sidecar the .aux.xml beside the file
 * @returns the georeference, and what people should know about it
 * @throws Unsupported where nothing says where the file lies, or none of it in terms of an EPSG code and a north-up grid
 */
export async function readGeoreference(
  source: FileSource,
  file: Jp2File,
  sidecar: Sidecar,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<{ georeference: Georeference; notes: string[] }> {
  const statements = [
    ...(await beside(sidecar)),
    ...(await inGeoJp2(source, file)),
    ...(await inGml(source, file)),
  ];
  const taken = statements.find(({ says }) => typeof says !== 'string');
  if (typeof taken?.says !== 'object') {
    const why = statements.map(({ by, says }) => `; ${by} ${describe(says)}`).join('');
    throw new Unsupported(
      `has no georeference: neither an .aux.xml, a GeoJP2 box nor a GML box with an EPSG code and a north-up grid${why}`,
    );
  }
  const { by, says: georeference } = taken;
  const others = statements.filter(
    ({ says }) => typeof says === 'string' || !isSame(says, georeference, width, height),
  );
  const notes = others.map(
    (other) => `${by} ${describe(georeference)}, which is taken; ${other.by} ${describe(other.says)}`,
  );
  return { georeference, notes };
}

async function beside(sidecar: Sidecar): Promise<Statement[]> {
  const by = 'the .aux.xml';
  if (sidecar === undefined) return [];
  return typeof sidecar === 'string' ? [{ by, says: sidecar }] : statement(by, () => parsePam(sidecar));
}

async function inGeoJp2(source: FileSource, { uuid }: Jp2File): Promise<Statement[]> {
  const by = 'the GeoJP2 box';
  const box = uuid.find(({ start, end }) => end - start >= 16 && isGeoJp2(source.read(start, 16)));
  if (!box) return [];
  if (box.end - box.start > MAX_METADATA_BYTES)
    return [{ by, says: `has more than ${MAX_METADATA_BYTES} bytes` }];
  return statement(by, () => parseGeoJp2(source.read(box.start, box.end - box.start)));
}

/** The first box with a grid. Boxes of other XML (styles, dictionaries, a vendor's own) may stand before it. */
async function inGml(source: FileSource, { xml }: Jp2File): Promise<Statement[]> {
  let left = MAX_METADATA_BYTES;
  const problems: Statement[] = [];
  for (const { start, end } of xml.filter(isReadable)) {
    left -= end - start;
    if (left < 0) break;
    const [found] = await statement('the GML box', () => parseGml(source.read(start, end - start)));
    if (typeof found?.says === 'object') return [found];
    if (found) problems.push(found);
  }
  return problems.slice(0, 1);
}

const isReadable = ({ start, end }: Extent): boolean => end - start <= MAX_XML_BYTES;

async function statement(
  by: string,
  parse: () => Georeference | undefined | Promise<Georeference>,
): Promise<Statement[]> {
  try {
    const found = await parse();
    return found ? [checked(by, found)] : [];
  } catch (error) {
    return [{ by, says: problemOf(error) }];
  }
}

function checked(by: string, found: Georeference): Statement {
  const { epsg, originX, originY, stepX, stepY } = found;
  if (![originX, originY, stepX, stepY].every(Number.isFinite))
    return { by, says: 'has numbers that are not finite' };
  if (!(stepX > 0 && stepY < 0)) return { by, says: 'has a grid that is not north-up' };
  if (!(Number.isInteger(epsg) && epsg > 0)) return { by, says: 'has no EPSG code' };
  return { by, says: found };
}

function problemOf(error: unknown): string {
  if (error instanceof Damage || error instanceof Unsupported) return error.message;
  throw error;
}

/** Corners within a hundredth of a pixel: what rounding makes of the same place. */
function isSame(a: Georeference, b: Georeference, width: number, height: number): boolean {
  const near = (x: number, y: number, step: number): boolean => Math.abs(x - y) <= Math.abs(step) / 100;
  return (
    a.epsg === b.epsg &&
    near(a.originX, b.originX, b.stepX) &&
    near(a.originY, b.originY, b.stepY) &&
    near(a.originX + width * a.stepX, b.originX + width * b.stepX, b.stepX) &&
    near(a.originY + height * a.stepY, b.originY + height * b.stepY, b.stepY)
  );
}

function describe(says: Georeference | string): string {
  if (typeof says === 'string') return says;
  const { epsg, originX, originY, stepX, stepY } = says;
  return `says EPSG:${epsg} from (${originX}, ${originY}) in steps of ${stepX} and ${stepY}`;
}
