"""Odd parcels on a small raster, and what others say of the pixels they cover or touch.

usage: shares_peer.py make FOLDER COUNT
       shares_peer.py exactextract FOLDER OUT
       shares_peer.py touched FOLDER OUT

make writes odd.wkb (for each int32 number, int32 length, WKB) and odd.raw (SIZE x SIZE pixels, uint16). The others write the
statistics of each parcel as doubles, eight a parcel: exactextract's, and rasterstats' with all_touched. A parcel without a pixel has
a count of 0.
"""
import json
import struct
import sys

import numpy as np
import shapely
from rasterio.transform import from_origin
from shapely import MultiPolygon, Polygon, box
from shapely.affinity import rotate

import make_data
from make_data import LEFT, TOP, Landscape
from make_odd import METRES, SIZE, aligned_parcels, odd_parcels

STATISTICS = ["count", "mean", "std", "min", "max", "percentile_25", "percentile_50", "percentile_75"]
OPERATIONS = ["count", "mean", "stdev", "min", "max", "quantile(q=0.25)", "quantile(q=0.5)", "quantile(q=0.75)"]


def small_parcels(rng, count):
    """Below a pixel, or hardly above: squares, slivers, triangles, pairs of crumbs."""
    for _ in range(count):
        x, y = LEFT + rng.uniform(100, METRES - 100), TOP - rng.uniform(100, METRES - 100)
        side = 10 ** rng.uniform(-1.5, 1.3)
        yield rotate(box(x, y, x + side, y + side), rng.uniform(0, 90))
        yield rotate(box(x, y, x + 100 * rng.random(), y + side / 10), rng.uniform(0, 180))
        yield Polygon(np.column_stack([x + rng.uniform(-side, side, 3), y + rng.uniform(-side, side, 3)]))
        yield MultiPolygon([box(x, y, x + side, y + side), box(x + 40, y - 30, x + 41, y - 30 + side)])


def is_sound(parcel):
    """Polygons that cross themselves have no area that all agree on; those that overlap within a parcel have."""
    return all(part.is_valid and part.area > 0 for part in getattr(parcel, "geoms", [parcel]))


def make(folder, count):
    rng = np.random.default_rng(30)
    landscape = Landscape(METRES, make_data.FIELD_M2, np.random.default_rng(7))
    parcels = list(aligned_parcels(rng))
    while len(parcels) < count:
        fields = list(make_data.polygons(landscape.rings(np.arange(landscape.count)), rng))
        odd = odd_parcels(fields, rng)
        # The last two cover most of the raster: once is enough.
        parcels += odd if len(parcels) < 2000 else odd[:-2]
        parcels += small_parcels(rng, 50)
    parcels = [parcel for parcel in parcels if is_sound(parcel)][: count]
    with open(f"{folder}/odd.wkb", "wb") as out:
        for number, wkb in enumerate(shapely.to_wkb(parcels), 1):
            out.write(struct.pack("<ii", number, len(wkb)) + wkb)
    pixels = rng.integers(300, 1600, (SIZE, SIZE)).astype(np.uint16)
    pixels[SIZE // 2 :] = rng.integers(1, 65536, (SIZE // 2, SIZE))
    pixels[rng.random(pixels.shape) < 0.02] = 0
    pixels.tofile(f"{folder}/odd.raw")


def read(folder):
    with open(f"{folder}/odd.wkb", "rb") as file:
        data = file.read()
    wkb, at = [], 0
    while at < len(data):
        _, length = struct.unpack_from("<ii", data, at)
        wkb.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    features = [{"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(shapely.from_wkb(wkb))]
    return features, np.fromfile(f"{folder}/odd.raw", np.uint16).reshape(SIZE, SIZE)


def exactextract(folder):
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    features, pixels = read(folder)
    # Of whole numbers it gives whole quantiles.
    raster = NumPyRasterSource(pixels.astype(float), LEFT, TOP - METRES, LEFT + METRES, TOP, nodata=0, name="odd")
    names = ["count", "mean", "stdev", "min", "max", "quantile_25", "quantile_50", "quantile_75"]
    rows = [feature["properties"] for feature in exact_extract(raster, features, OPERATIONS)]
    return np.array([[row[name] if row["count"] else 0 for name in names] for row in rows], float)


def touched(folder):
    from rasterstats import zonal_stats

    features, pixels = read(folder)
    rows = zonal_stats(features, pixels, affine=from_origin(LEFT, TOP, 10, 10), stats=STATISTICS, nodata=0, all_touched=True)
    return np.array([[row[name] or 0 for name in STATISTICS] for row in rows], float)


def main():
    what, folder, *rest = sys.argv[1:]
    if what == "make":
        make(folder, int(rest[0]))
    else:
        globals()[what](folder).tofile(rest[0])


if __name__ == "__main__":
    main()
