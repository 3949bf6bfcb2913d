"""Count, mean, std, min, max and quartiles of parcels in B04 by a peer; prints parcels and seconds as JSON.

usage: zonal_peer.py PEER FOLDER PARCELS EVERY [OUT]

PEER: rasterstats, oxidized, exactextract or labels. Each takes every EVERYth parcel of the set of PARCELS. Pixels and
geometries are in memory before the clock starts, in the form the peer likes best; oxidized-rasterstats reads files only,
an uncompressed GeoTIFF and a FlatGeobuf without further attributes. OUT gets the statistics as doubles, eight a parcel.
"""
import json
import sys
import time

import numpy as np
import shapely
from ground import read_parcels, read_pixels, transform

STATISTICS = ["count", "mean", "std", "min", "max", "percentile_25", "percentile_50", "percentile_75"]


def rasterstats(folder, parcels):
    from rasterstats import zonal_stats

    pixels, grid = read_pixels(folder, "B04"), transform()
    features = [{"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(parcels)]
    return lambda: numbers(zonal_stats(features, pixels, affine=grid, stats=STATISTICS, nodata=0))


def oxidized(folder, parcels):
    import fiona
    from rasterstats import _dispatch, zonal_stats

    path = f"{folder}/oxidized.fgb"
    schema = {"geometry": "Polygon", "properties": {}}
    with fiona.open(path, "w", driver="FlatGeobuf", crs="EPSG:32631", schema=schema, SPATIAL_INDEX="NO") as out:
        out.writerecords([{"geometry": shapely.geometry.mapping(parcel), "properties": {}} for parcel in parcels])
    if not _dispatch._rust_available_default_on():
        raise SystemExit("its compiled part can't be loaded")
    return lambda: numbers(zonal_stats(path, f"{folder}/B04.tif", stats=STATISTICS, nodata=0))


def exactextract(folder, parcels):
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    pixels, grid = read_pixels(folder, "B04"), transform()
    right, bottom = grid * pixels.shape
    raster = NumPyRasterSource(pixels, grid.c, bottom, right, grid.f, nodata=0, name="B04")
    features = [{"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(parcels)]
    operations = ["count", "mean", "stdev", "min", "max", "quantile(q=0.25)", "quantile(q=0.5)", "quantile(q=0.75)"]
    return lambda: exact_extract(raster, features, operations) and None


def labels(folder, parcels):
    """All parcels at once: an image of their numbers, then one sort. Wrong where parcels overlap."""
    from rasterio.features import rasterize

    pixels, grid = read_pixels(folder, "B04"), transform()
    shapes = [(json.loads(text), number) for number, text in enumerate(shapely.to_geojson(parcels), 1)]

    def measure():
        label = rasterize(shapes, pixels.shape, transform=grid, dtype="int32")
        covered = (label > 0) & (pixels > 0)
        owner, value = label[covered], pixels[covered]
        order = np.sort(owner.astype(np.int64) << 16 | value)
        owner, value = order >> 16, (order & 0xFFFF).astype(float)
        found, first, count = np.unique(owner, return_index=True, return_counts=True)
        total = np.add.reduceat(value, first)
        mean = total / count
        spread = np.sqrt(np.add.reduceat((value - np.repeat(mean, count)) ** 2, first) / count)
        out = np.zeros((len(shapes), 8))
        columns = [count, mean, spread, value[first], value[first + count - 1]]
        for quarter in (0.25, 0.5, 0.75):
            rank = quarter * (count - 1)
            low = np.floor(rank).astype(int)
            high = np.minimum(low + 1, count - 1)
            a, b = value[first + low], value[first + high]
            columns.append(a + (b - a) * (rank - low))
        out[found - 1] = np.column_stack(columns)
        return out

    return measure


def numbers(rows):
    return np.array([[row[name] or 0 for name in STATISTICS] for row in rows], float)


def main():
    peer, folder, count, every, *out = sys.argv[1:]
    parcels = read_parcels(folder, int(count), int(every))
    measure = globals()[peer](folder, parcels)
    wall, cpu = time.perf_counter(), time.process_time()
    statistics = measure()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if out and statistics is not None:
        statistics.tofile(out[0])
    print(json.dumps({"parcels": len(parcels), "wall": wall, "cpu": cpu}))


if __name__ == "__main__":
    main()
