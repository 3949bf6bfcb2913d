"""Decodes a whole JPEG 2000 file by GDAL's OpenJPEG driver; prints seconds and the pixels' SHA-256 as JSON.

usage: decode_gdal.py FILE THREADS
"""
import hashlib
import json
import sys
import time

import rasterio

path, threads = sys.argv[1:]
with rasterio.Env(GDAL_NUM_THREADS=threads, GDAL_CACHEMAX=2048), rasterio.open(path) as raster:
    wall, cpu = time.perf_counter(), time.process_time()
    pixels = raster.read(1)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"wall": wall, "cpu": cpu, "sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}))
