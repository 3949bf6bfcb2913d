"""Makes the benchmark's ground: one Sentinel-2 tile as ESA writes it, and sets of parcels on it.

usage: make_data.py FOLDER --size 10980 --parcels 20000 300000 20000_clustered

Files in FOLDER, each made once:
  B04.jp2 B08.jp2   SIZE x SIZE, 10 m, lossless 5/3, 15 bits, tiles of 1024, code-blocks of 64; as large as real ones
  SCL.jp2           half as many pixels of 20 m, 8 bits, tiles of 640, code-blocks of 8
  B04.raw ... SCL.raw, B04.tif   the same pixels uncompressed, for the sections that want them in memory
  radar.tif         float32 of 20 m, as CARD-COH6: deflate with predictor 3, tiles of 512
  radar.img|.hdr    the same as ENVI, as SNAP writes CARD-BS: byte order 1
  parcels-N.copy    "ogc_fid <tab> EWKB in hexadecimal", EPSG:28992, as COPY takes it
  parcels-N.wkb     the same in the tile's CRS, in order of ogc_fid: for each int32 ogc_fid, int32 length, WKB
Fewer parcels than fields are scattered over the tile, and those of a set "N_clustered" lie together, in patches of some km.
"""
import argparse
import math
import os
import struct

import numpy as np
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin
from rasterio.warp import transform as reproject

RESOLUTION = 10.0
LEFT, TOP = 600_000.0, 5_800_020.0  # T31UFT
TILE_CRS, PARCEL_CRS = "EPSG:32631", 28992
FIELD_M2 = 34_000.0
"""Mean size of a field; more parcels than fit are made smaller."""
CULTIVATED = 0.85
"""Share of the fields that are parcels: the rest is wood, water and village."""
EDGE_POINTS = 3


class Landscape:
    """Fields as the cells of a bent lattice: neighbours share their border, and are then drawn in by a verge each."""

    def __init__(self, metres, field_m2, rng):
        self.metres = metres
        self.columns = max(2, round(metres / math.sqrt(field_m2 * 1.6)))
        self.rows = max(2, round(metres / math.sqrt(field_m2 / 1.6)))
        self.nodes = self._nodes(rng)
        # Points along each border, shared by the two fields it divides.
        self.across = self._border(self.nodes[:, :-1], self.nodes[:, 1:], rng)
        self.down = self._border(self.nodes[:-1, :], self.nodes[1:, :], rng)
        self.verge = rng.uniform(0.04, 0.12, self.rows * self.columns)

    def _nodes(self, rng):
        u, v = np.meshgrid(np.linspace(0, 1, self.columns + 1), np.linspace(0, 1, self.rows + 1))
        bend = np.zeros((2, *u.shape))
        for axis in range(2):
            for wavelength in (0.9, 0.35, 0.12):
                a, b, phase = rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(0, 2 * math.pi)
                wave = np.sin(2 * math.pi * (a * u + b * v) / wavelength + phase)
                bend[axis] += 0.02 * wavelength * wave
        step = np.array([1 / self.columns, 1 / self.rows])
        jitter = rng.uniform(-0.18, 0.18, (*u.shape, 2)) * step
        edge = np.minimum.reduce([u, v, 1 - u, 1 - v])
        fade = np.clip(edge / 0.03, 0, 1)[..., None]
        at = np.stack([u + bend[0], v + bend[1]], -1) + jitter
        plain = np.stack([u, v], -1)
        return (plain + (at - plain) * fade) * self.metres

    def _border(self, start, end, rng):
        """EDGE_POINTS points from start to end, each a little off the straight line."""
        t = np.arange(1, EDGE_POINTS + 1) / (EDGE_POINTS + 1)
        along = end - start
        off = rng.uniform(-0.04, 0.04, (*start.shape[:2], EDGE_POINTS))
        normal = np.stack([-along[..., 1], along[..., 0]], -1)
        return start[..., None, :] + along[..., None, :] * t[:, None] + normal[..., None, :] * off[..., None]

    def rings(self, chosen):
        """Closed rings of the fields numbered in `chosen`, in metres of the tile's CRS."""
        row, column = np.divmod(chosen, self.columns)
        nodes, across, down = self.nodes, self.across, self.down
        top, bottom = across[row, column], across[row + 1, column][:, ::-1]
        left, right = down[row, column][:, ::-1], down[row, column + 1]
        corner = lambda r, c: nodes[r, c][:, None]
        outline = np.concatenate(
            [corner(row, column), top, corner(row, column + 1), right,
             corner(row + 1, column + 1), bottom, corner(row + 1, column), left], 1)
        middle = outline.mean(1, keepdims=True)
        outline = middle + (outline - middle) * (1 - self.verge[chosen])[:, None, None]
        closed = np.concatenate([outline, outline[:, :1]], 1)
        return np.stack([LEFT + closed[..., 0], TOP - closed[..., 1]], -1)

    def by_patches(self, rng):
        """The numbers of all fields, those first that lie in the patches of a smooth field of noise."""
        row, column = np.divmod(np.arange(self.count), self.columns)
        x, y = column / self.columns * self.metres, row / self.rows * self.metres
        liked = 0.5 * rng.standard_normal(self.count)
        for _ in range(24):
            wavelength, angle, phase = rng.uniform(4_000, 20_000), rng.uniform(0, math.pi), rng.uniform(0, 2 * math.pi)
            liked += np.cos(2 * math.pi / wavelength * (x * math.cos(angle) + y * math.sin(angle)) + phase) / 3
        return np.argsort(-liked)

    @property
    def count(self):
        return self.rows * self.columns


def polygons(rings, rng):
    """The rings as polygons; one in fifty has a pond in its middle."""
    fields = shapely.polygons(rings)
    ponds = np.flatnonzero(rng.random(len(rings)) < 0.02)
    middle = rings[ponds, :-1].mean(1, keepdims=True)
    holes = middle + (rings[ponds] - middle) * 0.15
    fields[ponds] = shapely.polygons(rings[ponds], holes[:, None])
    return fields


def make_parcels(folder, size, name):
    count = int(name.removesuffix("_clustered"))
    metres = size * RESOLUTION
    rng = np.random.default_rng(count)
    landscape = Landscape(metres, min(FIELD_M2, metres**2 * CULTIVATED / count), np.random.default_rng(7))
    if count > landscape.count:
        raise SystemExit(f"a tile of {size} pixels holds {landscape.count} fields, not {count}")
    order = landscape.by_patches(rng) if name.endswith("_clustered") else rng.permutation(landscape.count)
    chosen = np.sort(order[:count])
    fields = polygons(landscape.rings(chosen), rng)
    utm = shapely.to_wkb(fields)
    with finished(f"{folder}/parcels-{name}.wkb", "wb") as out:
        for pid, wkb in enumerate(utm, 1):
            out.write(struct.pack("<ii", pid, len(wkb)) + wkb)

    xy = shapely.get_coordinates(fields)
    x, y = reproject(TILE_CRS, f"EPSG:{PARCEL_CRS}", xy[:, 0], xy[:, 1])
    national = shapely.set_srid(shapely.set_coordinates(fields, np.column_stack([x, y])), PARCEL_CRS)
    with finished(f"{folder}/parcels-{name}.copy", "w") as out:
        for pid, wkb in enumerate(shapely.to_wkb(national, hex=True, include_srid=True), 1):
            out.write(f"{pid}\t{wkb}\n")


def make_tile(folder, size):
    rng = np.random.default_rng(11)
    landscape = Landscape(size * RESOLUTION, FIELD_M2, np.random.default_rng(7))
    rings = landscape.rings(np.arange(landscape.count))
    grid = from_origin(LEFT, TOP, RESOLUTION, RESOLUTION)
    labels = rasterize(zip(shapely.polygons(rings), range(1, landscape.count + 1)), (size, size), transform=grid, dtype="int32")
    rows, columns = np.ogrid[:size, :size]
    beyond_orbit = columns + 0.3 * rows < 0.08 * size

    # The texture's strength makes the files as large as real ones: 125 and 135 MB.
    for band, low, high, texture in (("B04", 300, 1600, 24), ("B08", 1800, 4500, 37)):
        level = rng.uniform(low, high, landscape.count + 1).astype(np.float32)
        pixels = np.empty((size, size), np.uint16)
        for top in range(0, size, 1024):
            part = level[labels[top : top + 1024]]
            part += texture * rng.standard_normal(part.shape, np.float32)
            pixels[top : top + 1024] = np.clip(part, 1, 32767)
        pixels[beyond_orbit] = 0
        write_jp2(f"{folder}/{band}.jp2", pixels, RESOLUTION, tile=1024, block=64, bits=15)

    kind = rng.choice([4, 5, 6, 7], landscape.count + 1, p=[0.7, 0.2, 0.05, 0.05]).astype(np.uint8)
    classes = kind[labels[::2, ::2]]
    classes[clouds(size // 2, rng)] = 9
    classes[beyond_orbit[::2, ::2]] = 0
    write_jp2(f"{folder}/SCL.jp2", classes, 2 * RESOLUTION, tile=640, block=8, bits=8)


def make_plain(folder):
    """The pixels again, without compression."""
    for band in ("B04", "B08", "SCL"):
        with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS"), rasterio.open(f"{folder}/{band}.jp2") as raster:
            pixels = raster.read(1)
        if band == "B04":
            profile = dict(driver="GTiff", width=len(pixels), height=len(pixels), count=1, dtype=pixels.dtype, crs=TILE_CRS,
                           transform=from_origin(LEFT, TOP, RESOLUTION, RESOLUTION))
            with rasterio.open(f"{folder}/B04.tif", "w", **profile) as out:
                out.write(pixels, 1)
        with finished(f"{folder}/{band}.raw", "wb") as out:
            out.write(pixels.tobytes())


def make_radar(folder, size):
    """Backscatter of 20 m: speckle (gamma of 4.4 looks, as IW GRD has) on a smooth ground."""
    rng = np.random.default_rng(13)
    side = size // 2
    ground = 0.08 * (1 + 0.5 * np.sin(np.linspace(0, 60, side)))[:, None] * np.ones((1, side))
    pixels = (ground * rng.gamma(4.4, 1 / 4.4, (side, side))).astype(np.float32)
    profile = dict(width=side, height=side, count=1, dtype="float32", crs=TILE_CRS,
                   transform=from_origin(LEFT, TOP, 2 * RESOLUTION, 2 * RESOLUTION))
    tiff = dict(driver="GTiff", tiled=True, blockxsize=512, blockysize=512, compress="deflate", predictor=3)
    with rasterio.open(f"{folder}/radar.tif", "w", **profile, **tiff) as out:
        out.write(pixels, 1)
    with open(f"{folder}/radar.hdr", "w") as header:
        header.write(
            f"ENVI\nsamples = {side}\nlines = {side}\nbands = 1\nheader offset = 0\nfile type = ENVI Standard\n"
            "data type = 4\ninterleave = bsq\nbyte order = 1\n"
            f"map info = {{UTM, 1.0, 1.0, {LEFT}, {TOP}, {2 * RESOLUTION}, {2 * RESOLUTION}, 31, North, WGS-84, units=Meters}}\n")
    with finished(f"{folder}/radar.img", "wb") as out:
        out.write(pixels.astype(">f4").tobytes())


def clouds(size, rng):
    """A fifth of the sky, in smooth patches."""
    rows, columns = np.ogrid[:size, :size]
    field = np.zeros((size, size), np.float32)
    for _ in range(8):
        a, b, phase = rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(0, 2 * math.pi)
        field += np.cos(np.float32(2 * math.pi / size) * (a * rows + b * columns).astype(np.float32) + np.float32(phase))
    return field > np.quantile(field[::8, ::8], 0.8)


def write_jp2(path, pixels, resolution, tile, block, bits):
    size = len(pixels)
    options = dict(BLOCKXSIZE=min(tile, size), BLOCKYSIZE=min(tile, size), CODEBLOCK_WIDTH=block, CODEBLOCK_HEIGHT=block,
                   CODEC="JP2", GMLJP2="YES", GeoJP2="NO",
                   QUALITY="100", REVERSIBLE="YES", PROGRESSION="LRCP", RESOLUTIONS="5", NBITS=bits, YCBCR420="NO")
    profile = dict(driver="JP2OpenJPEG", width=size, height=size, count=1, dtype=pixels.dtype, crs=TILE_CRS,
                   transform=from_origin(LEFT, TOP, resolution, resolution), **options)
    with rasterio.Env(GDAL_NUM_THREADS="ALL_CPUS", GDAL_PAM_ENABLED="NO"), rasterio.open(path + ".part", "w", **profile) as out:
        out.write(pixels, 1)
    os.replace(path + ".part", path)
    print(f"{os.path.basename(path)}: {os.path.getsize(path) / 1e6:.1f} MB", flush=True)


class finished:
    """A file that appears under its name only when it is complete."""

    def __init__(self, path, mode):
        self.path, self.file = path, open(path + ".part", mode)

    def __enter__(self):
        return self.file

    def __exit__(self, failure, *_):
        self.file.close()
        if failure is None:
            os.replace(self.path + ".part", self.path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--size", type=int, default=10980)
    parser.add_argument("--parcels", nargs="*", default=[])
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    for name in options.parcels:
        if not os.path.exists(f"{options.folder}/parcels-{name}.copy"):
            make_parcels(options.folder, options.size, name)
            print(f"{name} parcels", flush=True)
    if not os.path.exists(f"{options.folder}/SCL.jp2"):
        make_tile(options.folder, options.size)
    if not os.path.exists(f"{options.folder}/SCL.raw"):
        make_plain(options.folder)
    if not os.path.exists(f"{options.folder}/radar.img"):
        make_radar(options.folder, options.size)


if __name__ == "__main__":
    main()
