"""Makes a scene with all bands that indices take, and odd parcels on it, for the comparison of numbers with other programs.

usage: make_numbers.py FOLDER [--every N]

Files in FOLDER, as make_odd.py has them: eodata/..., scenes.json, national.copy, aligned.copy. The product is of baseline 05.09, whose
numbers are 1000 too high; some are below that, lost, saturated, or make denominators of zero. Every Nth parcel only (1).
"""
import argparse
import json
import os

import numpy as np
import shapely

import make_data
from make_data import PARCEL_CRS, Landscape, write_jp2
from make_odd import METRES, SIZE, aligned_parcels, national, odd_parcels, write_parcels

REFERENCE, OBSTIME = "S2A_MSIL2A_20230601T104031_N0509_R008_T31UFT_20230601T140310.SAFE", "2023-06-01T10:40:31"
FINE, COARSE = ("B02", "B03", "B04", "B08"), ("B05", "B06", "B07", "B8A", "B11", "B12")
FIELDS = 150
ALIGNED = 200
LOST, SATURATED = 0, 65535
# Of a class map: mostly vegetation and soil, a third cloud and shadow.
CLASSES = np.repeat(np.arange(12), [1, 1, 1, 2, 10, 6, 2, 1, 3, 4, 2, 1])


def write_scene(bucket):
    rng = np.random.default_rng(31)
    tile = f"{REFERENCE}/GRANULE/L2A_T31UFT_A041480_20230601T104343/IMG_DATA"
    images = f"{bucket}/Sentinel-2/MSI/L2A/{OBSTIME[:10].replace('-', '/')}/{tile}"
    name = lambda band, metres: f"{images}/R{metres}m/T31UFT_20230601T104031_{band}_{metres}m.jp2"
    for metres, bands in ((10, FINE), (20, COARSE)):
        os.makedirs(f"{images}/R{metres}m", exist_ok=True)
        side = METRES // metres
        rows, columns = np.ogrid[:side, :side]
        for band in bands:
            pixels = rng.integers(900, 6000, (side, side)).astype(np.uint16)
            # Two bands of 1000 have no sum.
            pixels[rng.random(pixels.shape) < 0.05] = 1000
            pixels[rng.random(pixels.shape) < 0.01] = LOST
            pixels[rng.random(pixels.shape) < 0.01] = SATURATED
            pixels[columns + 0.3 * rows < 0.1 * side] = LOST
            write_jp2(name(band, metres), pixels, float(metres), tile=1024, block=64, bits=16)
    classes = rng.choice(CLASSES, (SIZE // 16, SIZE // 16)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    write_jp2(name("SCL", 20), classes, 20.0, tile=640, block=8, bits=8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    write_scene(f"{options.folder}/eodata")
    rng = np.random.default_rng(32)
    landscape = Landscape(METRES, make_data.FIELD_M2, np.random.default_rng(7))
    fields = list(make_data.polygons(landscape.rings(np.sort(rng.permutation(landscape.count)[:FIELDS])), rng))
    aligned = aligned_parcels(rng)
    aligned = [shapely.force_3d(aligned[i], 12.5) for i in np.sort(rng.permutation(len(aligned))[:ALIGNED])]
    # The last two odd ones cover most of the raster: another program would take minutes for each.
    for path, pieces, srid in (("national", map(national, fields + odd_parcels(fields, rng)[:-2]), PARCEL_CRS), ("aligned", aligned, 32631)):
        write_parcels(f"{options.folder}/{path}.copy", list(pieces)[:: options.every], srid)
    with make_data.finished(f"{options.folder}/scenes.json", "w") as out:
        json.dump([dict(card="s2", reference=REFERENCE, obstime=OBSTIME)], out)


if __name__ == "__main__":
    main()
