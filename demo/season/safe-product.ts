/** A Sentinel-2 product as a SAFE tree: ESA's folders and names, metadata with its elements, bands as JPEG 2000. */
import { GRID_10M, GRID_20M, TILE } from './area.js';
import { compact, type OpticalScene } from './calendar.js';
import { jp2File } from './jp2-file.js';
import { BOA_ADD_OFFSET, QUANTIFICATION } from './optical.js';
import type { PaintedBand } from './painter.js';

/** An object of the bucket. */
export interface SceneFile {
  readonly key: string;
  readonly bytes: Buffer;
}

const BANDS = 13;
/** Tiles of the code stream: smaller than ESA's, as the image is. */
const TILE_10M = 512;
const TILE_20M = 256;

export async function safeProduct(scene: OpticalScene, bands: readonly PaintedBand[]): Promise<SceneFile[]> {
  const day = scene.obstime.slice(0, 10).replaceAll('-', '/');
  const root = `Sentinel-2/MSI/L2A/${day}/${scene.reference}`;
  const granule = `${root}/GRANULE/${granuleName(scene)}`;
  const files: SceneFile[] = [
    { key: `${root}/MTD_MSIL2A.xml`, bytes: Buffer.from(productMetadata(scene)) },
    {
      key: `${granule}/AUX_DATA/AUX_ECMWFT`,
      bytes: Buffer.from('made up for a demonstration; holds no weather\n'),
    },
    { key: `${granule}/MTD_TL.xml`, bytes: Buffer.from(tileMetadata(scene)) },
  ];
  for (const band of bands) {
    const fine = band.grid.stepX === 10;
    const options = { bits: band.band === 'SCL' ? 8 : 15, tileSize: fine ? TILE_10M : TILE_20M };
    // Only float32 is no type of an optical band.
    if (band.pixels instanceof Float32Array) throw new Error(`${band.band} is not an optical band`);
    files.push({
      key: `${granule}/IMG_DATA/${imageName(scene, band.band)}.jp2`,
      bytes: await jp2File(band.pixels, band.grid, options),
    });
  }
  return files;
}

function granuleName(scene: OpticalScene): string {
  return `L2A_${TILE}_A${String(scene.absoluteOrbit).padStart(6, '0')}_${compact(scene.obstime)}`;
}

function imageName(scene: OpticalScene, band: string): string {
  const metres = band === 'SCL' ? 20 : 10;
  return `R${metres}m/${TILE}_${compact(scene.obstime)}_${band}_${metres}m`;
}

function productMetadata(scene: OpticalScene): string {
  const granule = `GRANULE/${granuleName(scene)}`;
  const satellite = `Sentinel-${scene.sensor}`;
  const offsets = Array.from(
    { length: BANDS },
    (_, i) => `        <BOA_ADD_OFFSET band_id="${i}">${BOA_ADD_OFFSET}</BOA_ADD_OFFSET>`,
  );
  const images = ['B04', 'B08', 'SCL'].map(
    (band) => `            <IMAGE_FILE>${granule}/IMG_DATA/${imageName(scene, band)}</IMAGE_FILE>`,
  );
  const corners = scene.footprint.map(([longitude, latitude]) => `${latitude} ${longitude}`).join(' ');
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
  <n1:General_Info>
    <Product_Info>
      <PRODUCT_START_TIME>${scene.obstime}.024Z</PRODUCT_START_TIME>
      <PRODUCT_STOP_TIME>${scene.obstime}.024Z</PRODUCT_STOP_TIME>
      <PRODUCT_URI>${scene.reference}</PRODUCT_URI>
      <PROCESSING_LEVEL>Level-2A</PROCESSING_LEVEL>
      <PRODUCT_TYPE>S2MSI2A</PRODUCT_TYPE>
      <PROCESSING_BASELINE>${scene.baseline}</PROCESSING_BASELINE>
      <Datatake datatakeIdentifier="GS${scene.sensor}_${compact(scene.obstime)}_${String(scene.absoluteOrbit).padStart(6, '0')}_N${scene.baseline}">
        <SPACECRAFT_NAME>${satellite}</SPACECRAFT_NAME>
        <DATATAKE_TYPE>INS-NOBS</DATATAKE_TYPE>
        <DATATAKE_SENSING_START>${scene.obstime}.024Z</DATATAKE_SENSING_START>
        <SENSING_ORBIT_NUMBER>${scene.track}</SENSING_ORBIT_NUMBER>
        <SENSING_ORBIT_DIRECTION>DESCENDING</SENSING_ORBIT_DIRECTION>
      </Datatake>
      <Product_Organisation>
        <Granule_List>
          <Granule imageFormat="JPEG2000">
${images.join('\n')}
          </Granule>
        </Granule_List>
      </Product_Organisation>
    </Product_Info>
    <Product_Image_Characteristics>
      <Special_Values>
        <SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
        <SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX>
      </Special_Values>
      <Special_Values>
        <SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
        <SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX>
      </Special_Values>
      <QUANTIFICATION_VALUES_LIST>
        <BOA_QUANTIFICATION_VALUE unit="none">${QUANTIFICATION}</BOA_QUANTIFICATION_VALUE>
      </QUANTIFICATION_VALUES_LIST>
      <BOA_ADD_OFFSET_VALUES_LIST>
${offsets.join('\n')}
      </BOA_ADD_OFFSET_VALUES_LIST>
    </Product_Image_Characteristics>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Product_Footprint>
      <Product_Footprint>
        <Global_Footprint>
          <EXT_POS_LIST>${corners}</EXT_POS_LIST>
        </Global_Footprint>
      </Product_Footprint>
    </Product_Footprint>
  </n1:Geometric_Info>
</n1:Level-2A_User_Product>
`;
}

function tileMetadata(scene: OpticalScene): string {
  const grids = [GRID_10M, GRID_20M];
  const sizes = grids.map(
    ({ stepX, width, height }) =>
      `      <Size resolution="${stepX}"><NROWS>${height}</NROWS><NCOLS>${width}</NCOLS></Size>`,
  );
  const positions = grids.map(
    ({ stepX, stepY, originX, originY }) =>
      `      <Geoposition resolution="${stepX}"><ULX>${originX}</ULX><ULY>${originY}</ULY><XDIM>${stepX}</XDIM><YDIM>${stepY}</YDIM></Geoposition>`,
  );
  return `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<n1:Level-2A_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/S2_PDI_Level-2A_Tile_Metadata.xsd">
  <n1:General_Info>
    <SENSING_TIME metadataLevel="Standard">${scene.obstime}.024Z</SENSING_TIME>
  </n1:General_Info>
  <n1:Geometric_Info>
    <Tile_Geocoding metadataLevel="Brief">
      <HORIZONTAL_CS_NAME>WGS84 / UTM zone 31N</HORIZONTAL_CS_NAME>
      <HORIZONTAL_CS_CODE>EPSG:${GRID_10M.epsg}</HORIZONTAL_CS_CODE>
${[...sizes, ...positions].join('\n')}
    </Tile_Geocoding>
  </n1:Geometric_Info>
</n1:Level-2A_Tile_ID>
`;
}
