"""Odd parcels on a small raster, and what others say of the pixels they cover or touch.

usage: shares_peer.py make FOLDER COUNT
       shares_peer.py exactextract FOLDER COUNT OUT
       shares_peer.py exact FOLDER COUNT OUT
       shares_peer.py touched FOLDER COUNT OUT

make writes parcels-COUNT.wkb and B04.raw as make_data.py does, of SIZE x SIZE pixels. The others write the statistics of each
parcel as doubles, eight a parcel: exactextract's, those by definition in double precision (areas by shapely), and rasterstats' with
all_touched. A parcel without a pixel has a count of 0.
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
from ground import read_parcels
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
    parcels = [parcel for parcel in aligned_parcels(rng) if is_sound(parcel)]
    # The last two of a batch cover most of the raster: once is enough.
    fields = list(make_data.polygons(landscape.rings(np.arange(landscape.count)), rng))
    parcels += odd_parcels(fields, rng)[-2:]
    while len(parcels) < count:
        fields = list(make_data.polygons(landscape.rings(np.arange(landscape.count)), rng))
        batch = odd_parcels(fields, rng)[:-2] + list(small_parcels(rng, 50))
        parcels += [parcel for parcel in batch if is_sound(parcel)]
    parcels = parcels[:count]
    with open(f"{folder}/parcels-{count}.wkb", "wb") as out:
        for number, wkb in enumerate(shapely.to_wkb(parcels), 1):
            out.write(struct.pack("<ii", number, len(wkb)) + wkb)
    pixels = rng.integers(300, 1600, (SIZE, SIZE)).astype(np.uint16)
    pixels[SIZE // 2 :] = rng.integers(1, 65536, (SIZE // 2, SIZE))
    pixels[rng.random(pixels.shape) < 0.02] = 0
    pixels.tofile(f"{folder}/B04.raw")


def features_of(parcels):
    return [{"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(parcels)]


def exactextract(parcels, pixels):
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    # Of whole numbers it gives whole quantiles.
    raster = NumPyRasterSource(pixels.astype(float), LEFT, TOP - METRES, LEFT + METRES, TOP, nodata=0, name="odd")
    names = ["count", "mean", "stdev", "min", "max", "quantile_25", "quantile_50", "quantile_75"]
    rows = [feature["properties"] for feature in exact_extract(raster, features_of(parcels), OPERATIONS)]
    return np.array([[row[name] if row["count"] else 0 for name in names] for row in rows], float)


def exact(parcels, pixels):
    out = np.zeros((len(parcels), 8))
    for row, parcel in enumerate(parcels):
        share = np.zeros(pixels.shape)
        for part in getattr(parcel, "geoms", [parcel]):
            add_shares(part, share)
        covered = (share > 1e-13) & (pixels > 0)
        if covered.any():
            out[row] = weighted_statistics(pixels[covered].astype(float), share[covered])
    return out


def add_shares(part, share):
    """Adds a polygon's shares of the pixels, cut out near 0, where coordinates have digits to spare."""
    part = shapely.transform(part, lambda xy: (xy - [LEFT, TOP]) / [10, -10])
    left, top, right, bottom = np.array(part.bounds).clip(0, SIZE)
    columns, rows = np.arange(int(left), int(np.ceil(right))), np.arange(int(top), int(np.ceil(bottom)))
    if len(columns) == 0 or len(rows) == 0:
        return
    x, y = np.meshgrid(columns, rows)
    squares = shapely.box(x, y, x + 1, y + 1)
    shapely.prepare(part)
    whole = shapely.contains(part, squares)
    edge = shapely.intersects(part, squares) & ~whole
    areas = whole.astype(float)
    # Moved to the origin, square by square.
    moved = [shapely.transform(part, lambda xy, at=at: xy - at) for at in zip(x[edge], y[edge])] if edge.sum() < 200 else part
    squares = shapely.box(0, 0, 1, 1) if edge.sum() < 200 else squares[edge]
    areas[edge] = shapely.area(shapely.intersection(moved, squares)) if edge.any() else []
    share[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += areas


def weighted_statistics(values, weights):
    """exactextract's definitions."""
    count = weights.sum()
    mean = (weights * values).sum() / count
    mean += (weights * (values - mean)).sum() / count
    spread = np.sqrt((weights * (values - mean) ** 2).sum() / count)
    values, group = np.unique(values, return_inverse=True)
    weights = np.bincount(group, weights)
    last = len(values) - 1
    place = np.arange(last + 1) * weights + last * np.concatenate([[0], np.cumsum(weights)[:-1]])
    quantiles = np.interp(np.array([0.25, 0.5, 0.75]) * last * count, place, values)
    return [count, mean, spread, values[0], values[-1], *quantiles]


def touched(parcels, pixels):
    from rasterstats import zonal_stats

    rows = zonal_stats(features_of(parcels), pixels, affine=from_origin(LEFT, TOP, 10, 10), stats=STATISTICS, nodata=0, all_touched=True)
    return np.array([[row[name] or 0 for name in STATISTICS] for row in rows], float)


def main():
    what, folder, *rest = sys.argv[1:]
    if what == "make":
        make(folder, int(rest[0]))
    else:
        count, path = int(rest[0]), rest[1]
        pixels = np.fromfile(f"{folder}/B04.raw", np.uint16).reshape(SIZE, SIZE)
        globals()[what](read_parcels(folder, count), pixels).tofile(path)


if __name__ == "__main__":
    main()
