"""What the peers' programs read: pixels in memory and parcels in the tile's CRS, as make_data.py left them."""
import struct

import numpy as np
import shapely
from rasterio.transform import from_origin

from make_data import LEFT, RESOLUTION, TOP


def read_pixels(folder, band, dtype="uint16"):
    pixels = np.fromfile(f"{folder}/{band}.raw", dtype)
    side = int(len(pixels) ** 0.5)
    return pixels.reshape(side, side)


def transform(resolution=RESOLUTION):
    return from_origin(LEFT, TOP, resolution, resolution)


def read_parcels(folder, count, every=1):
    """Every so-manyth parcel, as shapely polygons in the tile's CRS."""
    with open(f"{folder}/parcels-{count}.wkb", "rb") as file:
        data = file.read()
    wkb, at, number = [], 0, 0
    while at < len(data):
        _, length = struct.unpack_from("<ii", data, at)
        if number % every == 0:
            wkb.append(data[at + 8 : at + 8 + length])
        at += 8 + length
        number += 1
    return shapely.from_wkb(wkb)
