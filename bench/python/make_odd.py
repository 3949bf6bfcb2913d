"""Makes small scenes of all three CARD types and parcels of every odd kind, for the comparison with CbM's scripts row by row.

usage: make_odd.py FOLDER

Files in FOLDER:
  eodata/...            the bucket: one scene a CARD type, of 1024 x 1024 pixels of 10 m (c6: 512 x 512 of 20 m)
  scenes.json           card, reference, obstime of each
  national.copy         "ogc_fid <tab> EWKB in hexadecimal", EPSG:28992: fields, and the odd ones
  aligned.copy          the same in the rasters' own CRS, with heights: edges run through pixel centres and along pixel borders
"""
import json
import os
import sys

import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin
from rasterio.warp import transform as reproject
from shapely import MultiPolygon, Polygon, box
from shapely.affinity import rotate, translate

import make_data
from make_data import LEFT, PARCEL_CRS, TILE_CRS, TOP, Landscape, write_jp2

SIZE = 1024
METRES = SIZE * 10
FIELDS = 1800
SCENES = {
    "s2": ("S2A_MSIL2A_20200601T104031_N0214_R008_T31UFT_20200601T140310.SAFE", "2020-06-01T10:40:31"),
    "bs": ("S1A_IW_GRDH_1SDV_20200602T172431_20200602T172456_032833_03CD9A_3A51_CARD_BS", "2020-06-02T17:24:31"),
    "c6": ("S1B_20200603T055824_20200528T055825_DESC_CARD_COH6", "2020-06-03T05:58:24"),
}


def odd_parcels(fields, rng):
    """Some forty of each kind, in the rasters' CRS."""
    some = lambda count: [fields[i] for i in rng.choice(len(fields), count, replace=False)]
    at = lambda: (LEFT + rng.uniform(100, METRES - 100), TOP - rng.uniform(100, METRES - 100))
    pieces = []
    # Holes: a ring of a field, one with many holes, one whose hole holds an island.
    for field in some(40):
        x, y = field.centroid.coords[0]
        pieces.append(field.difference(box(x - 35, y - 35, x + 35, y + 35)))
    for _ in range(10):
        x, y = at()
        whole = box(x, y, x + 400, y + 300)
        holes = [box(x + 20 + 60 * i, y + 20 + 50 * j, x + 50 + 60 * i, y + 47 + 50 * j).exterior for i in range(6) for j in range(5)]
        pieces.append(Polygon(whole.exterior, holes))
        lake = box(x + 50, y + 50, x + 350, y + 250)
        pieces.append(MultiPolygon([Polygon(whole.exterior, [lake.exterior]), box(x + 150, y + 110, x + 260, y + 190)]))
    # Of several parts: far from each other, touching, overlapping.
    for a, b in zip(some(40), some(40)):
        pieces.append(MultiPolygon([first_part(a), first_part(b)]))
    for field in some(30):
        part = first_part(field)
        pieces.append(MultiPolygon([part, translate(part, 60, 25)]))
    # Tiny: about the smallest area that counts, as squares and as slivers that may hold no pixel's centre.
    for side in (54.0, 54.7, 54.78, 55.0, 56.0):
        for _ in range(8):
            x, y = at()
            pieces.append(rotate(box(x, y, x + side, y + side), rng.uniform(0, 90)))
    for width in (1.5, 4.0, 8.0, 15.0):
        for _ in range(10):
            x, y = at()
            pieces.append(rotate(box(x, y, x + 3300 / width, y + width), rng.uniform(0, 180)))
    # Over the raster's edges and corners, and beyond them.
    right, bottom = LEFT + METRES, TOP - METRES
    for along in np.linspace(200, METRES - 200, 12):
        for x, y in ((LEFT, TOP - along), (right, TOP - along), (LEFT + along, TOP), (LEFT + along, bottom)):
            pieces.append(rotate(box(x - 90, y - 70, x + 80, y + 60), rng.uniform(0, 90)))
    for x, y in ((LEFT, TOP), (right, TOP), (LEFT, bottom), (right, bottom)):
        pieces += [box(x - 100, y - 100, x + 100, y + 100), box(x - 300, y - 300, x - 220, y - 220)]
        pieces.append(rotate(box(x - 400, y - 30, x + 400, y + 30), 45))
    # Overlapping their neighbours, and the same twice.
    for field in some(40):
        pieces.append(translate(field, rng.uniform(-80, 80), rng.uniform(-80, 80)))
    pieces += some(10)
    # Invalid: bow ties of unequal wings, spikes, a ring through the same point twice.
    for _ in range(20):
        x, y = at()
        pieces.append(Polygon([(x, y), (x + 200, y + 130), (x + 200, y), (x, y + 60)]))
        pieces.append(Polygon([(x, y), (x + 100, y), (x + 100, y + 90), (x + 260, y + 91), (x + 100, y + 92), (x, y + 95)]))
        pieces.append(Polygon([(x, y), (x + 90, y), (x + 45, y + 45), (x + 90, y + 90), (x, y + 90), (x + 45, y + 45)]))
    # Of many pixels.
    pieces += [box(LEFT + 500, TOP - 9000, LEFT + 9000, TOP - 600), box(LEFT - 500, bottom - 500, right + 500, TOP + 500)]
    return pieces


def aligned_parcels(rng):
    """Edges exactly on pixel borders and through pixel centres, of 10 m and of 20 m, straight and diagonal."""
    pieces = []
    for step in (5.0, 10.0, 20.0):
        for _ in range(60):
            x, y = LEFT + step * rng.integers(0, METRES // step - 60), TOP - step * rng.integers(60, METRES // step)
            width, height = step * rng.integers(60 / step + 1, 60), step * rng.integers(60 / step + 1, 60)
            pieces.append(box(x, y, x + width, y + height))
            pieces.append(Polygon([(x, y), (x + width, y), (x + width, y + height)]))
            pieces.append(Polygon([(x, y + height), (x + width, y + height), (x, y)]))
            pieces.append(Polygon([(x, y + width), (x + width, y), (x + 2 * width, y + width), (x + width, y + 2 * width)]))
            inner = box(x + step, y + step, x + width - step, y + height - step)
            if inner.area > 0 and width > 2 * step and height > 2 * step:
                pieces.append(Polygon(box(x, y, x + width, y + height).exterior, [inner.exterior]))
    return pieces


def first_part(field):
    return field if field.geom_type == "Polygon" else field.geoms[0]


def national(piece):
    xy = shapely.get_coordinates(piece)
    x, y = reproject(TILE_CRS, f"EPSG:{PARCEL_CRS}", xy[:, 0], xy[:, 1])
    return shapely.set_coordinates(piece, np.column_stack([x, y]))


def write_parcels(path, pieces, srid):
    with make_data.finished(path, "w") as out:
        for pid, piece in enumerate(pieces, 1):
            out.write(f"{pid}\t{shapely.to_wkb(shapely.set_srid(piece, srid), hex=True, include_srid=True)}\n")


def write_s2(bucket, reference, day):
    """The orbit's edge, lost pixels in one band, and a class map that has its own."""
    rng = np.random.default_rng(21)
    rows, columns = np.ogrid[:SIZE, :SIZE]
    beyond = columns + 0.3 * rows < 0.1 * SIZE
    images = f"{bucket}/Sentinel-2/MSI/L2A/{day}/{reference}/GRANULE/L2A_T31UFT_A026105_20200601T104343/IMG_DATA"
    for resolution in (10, 20):
        os.makedirs(f"{images}/R{resolution}m", exist_ok=True)
    for band, low, high in (("B04", 300, 1600), ("B08", 1, 32767)):
        pixels = rng.integers(low, high, (SIZE, SIZE)).astype(np.uint16)
        if band == "B08":
            pixels[rng.random((SIZE, SIZE)) < 0.05] = 0
        pixels[beyond] = 0
        write_jp2(f"{images}/R10m/T31UFT_20200601T104031_{band}_10m.jp2", pixels, 10.0, tile=1024, block=64, bits=15)
    classes = rng.integers(0, 12, (SIZE // 32, SIZE // 32)).repeat(16, 0).repeat(16, 1).astype(np.uint8)
    classes[beyond[::2, ::2]] = 0
    write_jp2(f"{images}/R20m/T31UFT_20200601T104031_SCL_20m.jp2", classes, 20.0, tile=640, block=8, bits=8)


def speckle(side, level, rng):
    """Backscatter with a border of 0, lost pixels of 0 and of NaN."""
    pixels = (level * rng.gamma(4.4, 1 / 4.4, (side, side))).astype(np.float32)
    pixels[rng.random((side, side)) < 0.01] = 0
    pixels[: side // 20] = 0
    pixels[side // 2 : side // 2 + side // 16, side // 4 : side // 3] = np.nan
    return pixels


def write_bs(bucket, reference, day):
    rng = np.random.default_rng(22)
    folder = f"{bucket}/Sentinel-1/SAR/CARD-BS/{day}/{reference}/{reference}.data"
    os.makedirs(folder, exist_ok=True)
    for band, level in (("VV", 0.08), ("VH", 0.015)):
        with open(f"{folder}/Gamma0_{band}.hdr", "w") as header:
            header.write(
                f"ENVI\nsamples = {SIZE}\nlines = {SIZE}\nbands = 1\nheader offset = 0\nfile type = ENVI Standard\n"
                "data type = 4\ninterleave = bsq\nbyte order = 1\n"
                f"map info = {{UTM, 1.0, 1.0, {LEFT}, {TOP}, 10.0, 10.0, 31, North, WGS-84, units=Meters}}\n")
        speckle(SIZE, level, rng).astype(">f4").tofile(f"{folder}/Gamma0_{band}.img")


def write_c6(bucket, reference, day):
    rng = np.random.default_rng(23)
    side = SIZE // 2
    folder = f"{bucket}/Sentinel-1/SAR/CARD-COH6/{day}/{reference}"
    os.makedirs(folder, exist_ok=True)
    profile = dict(driver="GTiff", width=side, height=side, count=2, dtype="float32", crs=TILE_CRS, transform=from_origin(LEFT, TOP, 20, 20),
                   tiled=True, blockxsize=256, blockysize=256, compress="deflate", predictor=3)
    with rasterio.open(f"{folder}/{reference}.tif", "w", **profile) as out:
        for band in (1, 2):
            out.write(np.clip(speckle(side, 0.5 / band, rng), 0, 1), band)


def main():
    folder = sys.argv[1]
    bucket = f"{folder}/eodata"
    for card, write in (("s2", write_s2), ("bs", write_bs), ("c6", write_c6)):
        reference, obstime = SCENES[card]
        write(bucket, reference, obstime[:10].replace("-", "/"))
    rng = np.random.default_rng(20)
    landscape = Landscape(METRES, make_data.FIELD_M2, np.random.default_rng(7))
    chosen = np.sort(rng.permutation(landscape.count)[:FIELDS])
    fields = list(make_data.polygons(landscape.rings(chosen), rng))
    write_parcels(f"{folder}/national.copy", map(national, fields + odd_parcels(fields, rng)), PARCEL_CRS)
    write_parcels(f"{folder}/aligned.copy", [shapely.force_3d(piece, 12.5) for piece in aligned_parcels(rng)], 32631)
    scenes = [dict(card=card, reference=reference, obstime=obstime) for card, (reference, obstime) in SCENES.items()]
    with make_data.finished(f"{folder}/scenes.json", "w") as out:
        json.dump(scenes, out)


if __name__ == "__main__":
    main()
