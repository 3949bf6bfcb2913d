"""Makes class maps of the benchmark's tile under clouds, and tells which tiles an all-knowing reader would want.

usage: make_clouds.py FOLDER PARCELS

Files in FOLDER beside those of make_data.py, each made once:
  SCL-KIND-SHARE.jp2    clouds over so many per cent of the tile, in patches of that kind
  clouds-PARCELS.json   for each of them the share of parcels without a clear pixel, and for each band the numbers of the tiles
                        that hold pixels of another parcel (of the class map: of any parcel)

A parcel has the pixels whose centres lie inside (GDAL's rule), and is clear in a band of 10 m where one of its pixels lies under
a pixel of the class map that is none of UNCLEAR.
"""
import json
import os
import sys

import numpy as np
import rasterio
from rasterio.features import rasterize
from scipy.ndimage import gaussian_filter, zoom

from ground import read_parcels, read_pixels, transform
from make_data import finished, write_jp2

UNCLEAR = [0, 1, 3, 8, 9, 10, 11]
SHARES = [30, 60, 90]
KINDS = {"small": 2, "large": 12, "mixed": None}
"""Standard deviation of the smoothing, km; "mixed" has patches of all sizes, as areas of real clouds have (DeWitt et al. 2024)."""
CELL = 0.2
"""km, of the field that is thresholded."""
MEDIUM, HIGH = 8, 9


def field(cells, kind, rng):
    if KINDS[kind] is not None:
        return gaussian_filter(rng.standard_normal((cells, cells)), KINDS[kind] / CELL, mode="wrap")
    # White noise with a spectrum that falls as the third power of the frequency: the outlines are fractal.
    frequency = np.hypot(np.fft.fftfreq(cells)[:, None], np.fft.rfftfreq(cells)[None, :])
    frequency[0, 0] = np.inf
    return np.fft.irfft2(np.fft.rfft2(rng.standard_normal((cells, cells))) / frequency**1.5, (cells, cells))


def clouded(ground, kind, share, rng):
    """The class map with clouds over so many per cent; a tenth of the cloud is thin."""
    side = len(ground)
    noise = field(side * 20 // int(CELL * 1000) + 2, kind, rng)
    noise = zoom(noise.astype(np.float32), side / (len(noise) - 1) + 1e-3, order=1)[:side, :side]
    data = ground != 0
    edge, core = np.quantile(noise[data][::7], [1 - share / 100, 1 - 0.9 * share / 100])
    classes = ground.copy()
    classes[data & (noise > edge)] = MEDIUM
    classes[data & (noise > core)] = HIGH
    return classes


def tiles_with(marked, path):
    with rasterio.open(path) as raster:
        height, width = raster.block_shapes[0]
    held = np.logical_or.reduceat(marked, np.arange(0, len(marked), height), 0)
    return np.flatnonzero(np.logical_or.reduceat(held, np.arange(0, len(marked), width), 1)).tolist()


def main():
    folder, parcels = sys.argv[1:3]
    out = f"{folder}/clouds-{parcels}.json"
    if os.path.exists(out):
        return
    ground = read_pixels(folder, "SCL", "uint8")
    ground[np.isin(ground, [MEDIUM, HIGH])] = 4
    side = len(ground)
    shapes = list(zip(read_parcels(folder, parcels), range(1, 1 << 30)))
    fine = rasterize(shapes, (2 * side, 2 * side), transform=transform(10), dtype="int32")
    coarse = rasterize(shapes, (side, side), transform=transform(20), dtype="int32")
    found = {}
    for number, (kind, share) in enumerate((kind, share) for kind in KINDS for share in SHARES):
        classes = clouded(ground, kind, share, np.random.default_rng(100 + number))
        path = f"{folder}/SCL-{kind}-{share}.jp2"
        if not os.path.exists(path):
            write_jp2(path, classes, 20, tile=640, block=8, bits=8)
        clear = ~np.isin(classes, UNCLEAR).repeat(2, 0).repeat(2, 1)
        is_clear = np.zeros(len(shapes) + 1, bool)
        is_clear[fine[clear]] = True
        is_clear[0] = False
        wanted = tiles_with(is_clear[fine], f"{folder}/B04.jp2")
        found[f"{kind}-{share}"] = {
            "cloudyParcels": 1 - is_clear[1:].mean(),
            "tiles": {"B04": wanted, "B08": wanted, "SCL": tiles_with(coarse > 0, path)},
        }
    with finished(out, "w") as file:
        json.dump(found, file)


if __name__ == "__main__":
    main()
