/** Where a JPEG 2000 file says it lies. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openJpeg2000 } from '../../rasters/jpeg2000/index.js';
import { parseGml } from '../../rasters/jpeg2000/gml.js';
import { noDataOfPam, parsePam } from '../../rasters/jpeg2000/pam.js';
import { FIXTURES } from './jpeg2000.peers.js';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'parcelwise-jp2-'));
});
after(() => {
  rmSync(folder, { recursive: true });
});

function box(type: string, ...contents: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** A JP2 file of 61 x 53 pixels with these boxes before its codestream. */
function writeJp2(name: string, ...boxes: Uint8Array[]): string {
  const path = join(folder, name);
  const codestream = readFileSync(join(FIXTURES, 'rlcp-tile-parts.j2k'));
  const signature = box('jP  ', Buffer.from([0x0d, 0x0a, 0x87, 0x0a]));
  writeFileSync(path, Buffer.concat([signature, ...boxes, box('jp2c', codestream)]));
  return path;
}

interface Grid {
  readonly srs?: string;
  readonly origin?: string;
  readonly vectors?: readonly [string, string];
}

function gml({
  srs = 'urn:ogc:def:crs:EPSG::32631',
  origin = '600005 5800015',
  vectors = ['10 0', '0 -10'],
}: Grid): string {
  return `<gml:FeatureCollection><gml:RectifiedGridCoverage><gml:rectifiedGridDomain>
    <gml:RectifiedGrid dimension="2"><gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName>
    <gml:origin><gml:Point gml:id="P0001" srsName="${srs}"><gml:pos>${origin}</gml:pos></gml:Point></gml:origin>
    <gml:offsetVector srsName="${srs}">${vectors[0]}</gml:offsetVector>
    <gml:offsetVector srsName="${srs}">${vectors[1]}</gml:offsetVector>
    </gml:RectifiedGrid></gml:rectifiedGridDomain></gml:RectifiedGridCoverage></gml:FeatureCollection>`;
}

const asGml = (text: string): Uint8Array =>
  box(
    'asoc',
    box('lbl ', Buffer.from('gml.data')),
    box('asoc', box('lbl ', Buffer.from('gml.root-instance')), box('xml ', Buffer.from(text))),
  );

/** A GeoJP2 box: a TIFF directory of four tags. */
function geoJp2(epsg: number, pixelIsPoint: boolean): Uint8Array {
  const tags = [
    { tag: 33550, values: [20, 20, 0] },
    { tag: 33922, values: [0, 0, 0, 500000, 4000000, 0] },
    { tag: 34735, values: [1, 1, 0, 2, 1025, 0, 1, pixelIsPoint ? 2 : 1, 3072, 0, 1, epsg] },
  ];
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  const values: Buffer[] = [];
  let at = 8 + directory.length;
  tags.forEach(({ tag, values: numbers }, i) => {
    const isShort = tag === 34735;
    const data = Buffer.alloc(numbers.length * (isShort ? 2 : 8));
    numbers.forEach((value, j) =>
      isShort ? data.writeUInt16LE(value, 2 * j) : data.writeDoubleLE(value, 8 * j),
    );
    directory.writeUInt16LE(tag, 2 + 12 * i);
    directory.writeUInt16LE(isShort ? 3 : 12, 4 + 12 * i);
    directory.writeUInt32LE(numbers.length, 6 + 12 * i);
    directory.writeUInt32LE(at, 10 + 12 * i);
    values.push(data);
    at += data.length;
  });
  const uuid = Buffer.from('b14bf8bd083d4b43a5ae8cd7d5a6ce03', 'hex');
  return box('uuid', uuid, Buffer.from('49492a0008000000', 'hex'), directory, ...values);
}

const UTM = { epsg: 32631, originX: 600000, originY: 5800020, stepX: 10, stepY: -10 };

describe('the georeference', () => {
  it('is read from a GML box', async () => {
    const raster = await openJpeg2000(writeJp2('gml.jp2', asGml(gml({}))));
    assert.deepEqual(raster.grid, { ...UTM, width: 61, height: 53 });
    await raster.close();
  });

  it('is read from a GeoJP2 box, whose pixels may be areas or points', async () => {
    const area = await openJpeg2000(writeJp2('area.jp2', geoJp2(32633, false)));
    assert.deepEqual([area.grid.epsg, area.grid.originX, area.grid.originY], [32633, 500000, 4000000]);
    assert.deepEqual([area.grid.stepX, area.grid.stepY], [20, -20]);
    await area.close();
    const point = await openJpeg2000(writeJp2('point.jp2', geoJp2(32633, true)));
    assert.deepEqual([point.grid.originX, point.grid.originY], [499990, 4000010]);
    await point.close();
  });

  it('is taken from the GeoJP2 box where the GML has no EPSG code', async () => {
    const nameless = asGml(gml({ srs: 'gmljp2://xml/CRSDictionary.gml#crs1' }));
    const raster = await openJpeg2000(writeJp2('both.jp2', nameless, geoJp2(32633, false)));
    assert.equal(raster.grid.epsg, 32633);
    await raster.close();
  });

  const pam = (epsg: number): string =>
    `<PAMDataset><SRS>EPSG:${epsg}</SRS><GeoTransform>0, 10, 0, 500, 0, -10</GeoTransform></PAMDataset>`;

  it('is that of the file beside it, else of the GeoJP2 box, else of the GML box, and a note says so', async () => {
    const path = writeJp2('three.jp2', asGml(gml({})), geoJp2(32633, false));
    const boxes = await openJpeg2000(path);
    assert.equal(boxes.grid.epsg, 32633);
    assert.deepEqual(boxes.notes, [
      'the GeoJP2 box says EPSG:32633 from (500000, 4000000) in steps of 20 and -20, which is taken; ' +
        'the GML box says EPSG:32631 from (600000, 5800020) in steps of 10 and -10',
    ]);
    await boxes.close();
    writeFileSync(`${path}.aux.xml`, pam(25832));
    const three = await openJpeg2000(path);
    assert.deepEqual([three.grid.epsg, three.grid.originY], [25832, 500]);
    assert.equal(three.notes?.length, 2);
    await three.close();
  });

  it('has its no-data value in the file beside it, which none but its bands tell', async () => {
    const path = writeJp2('nodata.jp2', geoJp2(32633, false));
    const band = (value: string, number = 1): string =>
      `<PAMRasterBand band="${number}"><NoDataValue>${value}</NoDataValue></PAMRasterBand>`;
    for (const [text, noData] of [
      [band('7.00000000000000E+00'), 7],
      [band('-1'), undefined],
      [band('7', 2), undefined],
      ['<NoDataValue>7</NoDataValue>', undefined],
      ['', undefined],
    ] as const) {
      writeFileSync(`${path}.aux.xml`, `<PAMDataset>${text}</PAMDataset>`);
      const raster = await openJpeg2000(path);
      assert.equal(raster.noData, noData, text);
      await raster.close();
    }
    writeFileSync(`${path}.aux.xml`, `<PAMDataset>${band('seven')}</PAMDataset>`);
    await assert.rejects(openJpeg2000(path), /not supported: has the no-data value 'seven'/);
    writeFileSync(`${path}.aux.xml`, `<PAMDataset>${band('7')}`);
    const damaged = await openJpeg2000(path);
    assert.equal(damaged.noData, undefined);
    await damaged.close();
  });

  it('that is told twice within a hundredth of a pixel is no contradiction', async () => {
    for (const [x, notes] of [
      ['500010', 0],
      ['500010.19', 0],
      ['500010.21', 1],
    ] as const) {
      const twice = gml({ srs: 'EPSG:32633', origin: `${x} 3999990`, vectors: ['20 0', '0 -20'] });
      const raster = await openJpeg2000(writeJp2('twice.jp2', asGml(twice), geoJp2(32633, false)));
      assert.deepEqual([raster.grid.originX, raster.notes?.length], [500000, notes], x);
      await raster.close();
    }
  });

  it('is looked for behind XML of other kinds, and what is wrong with it is told', async () => {
    const broken = box('xml ', Buffer.from('<gml:RectifiedGrid>'));
    const style = box('xml ', Buffer.from('<styles/>'));
    const raster = await openJpeg2000(writeJp2('behind.jp2', broken, style, asGml(gml({}))));
    assert.deepEqual(raster.grid, { ...UTM, width: 61, height: 53 });
    await raster.close();
    await assert.rejects(openJpeg2000(writeJp2('broken.jp2', broken)), {
      message:
        /broken\.jp2: not supported: has no georeference.*; the GML box is XML that is not well-formed: Unclosed/,
    });
  });

  it('that is missing is an error', async () => {
    const rejected = { name: 'RasterError', message: /bare\.jp2: not supported: has no georeference/ };
    await assert.rejects(openJpeg2000(writeJp2('bare.jp2')), rejected);
    await assert.rejects(
      openJpeg2000(writeJp2('bare.jp2', asGml(gml({ vectors: ['10 2', '2 -10'] })))),
      rejected,
    );
  });
});

describe('hostile metadata', () => {
  /** A whole second of work for half a megabyte would be far more than a scan of it takes. */
  const MAX_CPU_SECONDS = 1;
  const PIECES = [
    '<RectifiedGrid ',
    '<RectifiedGrid>',
    '<gml:pos ',
    '<offsetVector ',
    '<SRS ',
    '<SRS>',
    '&quot;',
  ];
  const WHOLE = {
    'a WKT of open brackets': `<P><SRS>${'A['.repeat(200_000)}</SRS></P>`,
    'a WKT of quotes': `<P><SRS>A[${'"'.repeat(60_000)}</SRS></P>`,
    'a WKT of blanks': `<P><SRS>A[ID["EPSG",${' '.repeat(60_000)}</SRS></P>`,
    'a transform of commas': `<P><SRS>EPSG:1</SRS><GeoTransform>${','.repeat(500_000)}</GeoTransform></P>`,
    'a CRS name without end': `<RectifiedGrid srsName="${'epsg:'.repeat(12_000)}"/>`,
    'a position without end': `<RectifiedGrid srsName="EPSG:1"><pos>${'1 '.repeat(250_000)}</pos></RectifiedGrid>`,
    'vectors without end': `<RectifiedGrid>${'<offsetVector>1 1</offsetVector>'.repeat(15_000)}</RectifiedGrid>`,
  };
  const texts = [
    ...PIECES.map((piece): [string, string] => [`only ${piece}`, piece.repeat(500_000 / piece.length)]),
    ...Object.entries(WHOLE),
  ];
  const cpuSeconds = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await work().catch((error: unknown) => {
      assert.equal((error as Error).name, 'RasterError', String(error));
    });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  for (const [what, text] of texts) {
    it(`is read or refused in time: ${what}`, async () => {
      const boxed = writeJp2('hostile.jp2', box('xml ', Buffer.from(text)));
      assert.ok((await cpuSeconds(() => openJpeg2000(boxed))) < MAX_CPU_SECONDS);
      const beside = writeJp2('beside.jp2');
      writeFileSync(`${beside}.aux.xml`, text);
      assert.ok((await cpuSeconds(() => openJpeg2000(beside))) < MAX_CPU_SECONDS);
    });
  }

  it('in many boxes takes no longer', async () => {
    const boxes = Array.from({ length: 60 }, () => box('xml ', Buffer.from('<a>'.repeat(170_000))));
    assert.ok((await cpuSeconds(() => openJpeg2000(writeJp2('many.jp2', ...boxes)))) < 2 * MAX_CPU_SECONDS);
  });
});

describe('GML', () => {
  it('may name its CRS in every usual way', () => {
    for (const srs of [
      'urn:ogc:def:crs:EPSG::32631',
      'urn:ogc:def:crs:EPSG:6.6:32631',
      'EPSG:32631',
      'http://www.opengis.net/def/crs/EPSG/0/32631',
      'http://www.opengis.net/gml/srs/epsg.xml#32631',
    ]) {
      assert.deepEqual(parseGml(gml({ srs })), UTM, srs);
    }
  });

  it('may put northing before easting, and rows before columns', () => {
    const swapped = '5800015 600005';
    assert.deepEqual(parseGml(gml({ origin: swapped, vectors: ['0 10', '-10 0'] })), UTM);
    assert.deepEqual(parseGml(gml({ origin: swapped, vectors: ['-10 0', '0 10'] })), UTM);
    assert.deepEqual(parseGml(gml({ vectors: ['0 -10', '10 0'] })), UTM);
  });

  it('that is rotated, or no grid at all, gives nothing', () => {
    assert.equal(parseGml(gml({ vectors: ['10 1', '1 -10'] })), undefined);
    assert.equal(parseGml(gml({ vectors: ['10 0', '10 0'] })), undefined);
    assert.equal(parseGml('<gml:RectifiedGrid/>'), undefined);
    assert.equal(parseGml('<gml:Envelope srsName="EPSG:32631"/>'), undefined);
  });
});

describe('GDAL auxiliary metadata', () => {
  const pam = (srs: string, transform = '600000, 10, 0, 5800020, 0, -10'): string =>
    `<PAMDataset><SRS dataAxisToSRSAxisMapping="1,2">${srs}</SRS><GeoTransform>${transform}</GeoTransform></PAMDataset>`;

  it('gives the code of the whole CRS, not of its parts', () => {
    const wkt1 = 'PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4326"]],UNIT["metre",1,AUTHORITY["EPSG","9001"]]';
    assert.deepEqual(parsePam(pam(`${wkt1},AUTHORITY["EPSG","32631"]]`)), UTM);
    assert.deepEqual(parsePam(pam(`${wkt1},AUTHORITY["EPSG","32631"]]`.replaceAll('"', '&quot;'))), UTM);
    assert.deepEqual(parsePam(pam('PROJCRS["x",BASEGEOGCRS["y",ID["EPSG",4326]],ID["EPSG",32631]]')), UTM);
    assert.equal(parsePam(pam(`${wkt1}]`)), undefined);
  });

  it('gives a no-data value for each band', () => {
    const bands = '<PAMRasterBand band="2"><NoDataValue>nan</NoDataValue></PAMRasterBand>';
    assert.equal(noDataOfPam(`<PAMDataset>${bands}</PAMDataset>`, 2), 'none nan');
    assert.equal(noDataOfPam(`<PAMDataset>${bands}</PAMDataset>`, 1), '');
  });

  it('that is rotated or incomplete gives nothing', () => {
    assert.equal(parsePam(pam('EPSG:32631', '600000, 10, 1, 5800020, 0, -10')), undefined);
    assert.equal(parsePam(pam('EPSG:32631', '600000, 10')), undefined);
    assert.equal(parsePam('<PAMDataset/>'), undefined);
  });
});
