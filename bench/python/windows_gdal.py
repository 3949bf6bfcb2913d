"""Reads windows of a raster's band 1 by GDAL; prints seconds and a checksum of the pixels as JSON.

usage: windows_gdal.py FILE WINDOWS   (WINDOWS: int32 column, row, width, height, one after the other)
"""
import json
import sys
import time
import zlib

import numpy as np
import rasterio
from rasterio.windows import Window

path, windows = sys.argv[1:]
windows = [Window(*map(int, window)) for window in np.fromfile(windows, "int32").reshape(-1, 4)]
checksum = 0
with rasterio.Env(GDAL_NUM_THREADS="1"), rasterio.open(path) as raster:
    wall, cpu = time.perf_counter(), time.process_time()
    for window in windows:
        raster.read(1, window=window)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for window in windows:
        checksum = zlib.crc32(raster.read(1, window=window).tobytes(), checksum)
print(json.dumps({"wall": wall, "cpu": cpu, "checksum": checksum}))
