"""What CbM's extractor does with one scene, written anew for comparison: band by band, the image from S3 and read whole
into memory by rasterio; the parcels from PostGIS as GeoJSON in the image's CRS, two thousand at a time; their statistics by
rasterstats; a pandas frame; COPY as text, and a commit. SCL's histograms come from a second call.

usage: cbm_procedure.py DB_CONFIG S3_CONFIG OBSID RESULTS HISTS [--every N] [--card CARD] [--script-names] [--metres]

--every N takes every Nth parcel only. --card (s2) is the scene's CARD type. --script-names writes B4 and B8 for B04 and B08.
--metres measures the area that a parcel must have in square metres; CbM's scripts take the table's units, whatever these are.
Prints, as JSON, seconds of wall and CPU for what is done once a scene (`fixed`) and for what is done for every parcel
(`parcels`), and how many parcels there were. Bands whose object is missing are left out.
"""
import argparse
import io
import json
import os
import re
import resource
import tempfile
import time

import boto3
import pandas
import psycopg2
import rasterio
from rasterstats import zonal_stats

CHUNK = 2000
STATISTICS = ["count", "mean", "std", "min", "max", "percentile_25", "percentile_50", "percentile_75"]
# Folder below the day's, and for each band the end of its key, that of an object it needs beside it, and its number within.
CARDS = {
    "s2": ("Sentinel-2/MSI/L2A", {"B04": ("_B04_10m.jp2", None, 1), "B08": ("_B08_10m.jp2", None, 1), "SC": ("_SCL_20m.jp2", None, 1)}),
    "bs": ("Sentinel-1/SAR/CARD-BS", {band: (f"/Gamma0_{band}.img", f"/Gamma0_{band}.hdr", 1) for band in ("VV", "VH")}),
    "c6": ("Sentinel-1/SAR/CARD-COH6", {"VV": (".tif", None, 1), "VH": (".tif", None, 2)}),
}
SCRIPT_NAMES = {"B04": "B4", "B08": "B8"}

PARCELS = """
  SELECT p.ogc_fid, ST_AsGeoJSON(ST_Transform(p.wkb_geometry, %(epsg)s))
  FROM {parcels} p, {catalogue} d, {aois} a
  WHERE d.id = %(obsid)s AND a.{field} = %(aoi)s
    AND p.wkb_geometry && ST_Transform(d.footprint, ST_SRID(p.wkb_geometry))
    AND p.wkb_geometry && ST_Transform(ST_Buffer(a.wkb_geometry::geography, 1000)::geometry, ST_SRID(p.wkb_geometry))
    AND ST_Area({measured}) > 3000 AND p.ogc_fid %% %(every)s = 0"""


class Clock:
    """Adds up wall and CPU seconds by phase."""

    def __init__(self):
        self.phases = {"fixed": [0.0, 0.0], "parcels": [0.0, 0.0]}
        self.mark = self.now()

    def now(self):
        return time.perf_counter(), time.process_time()

    def spent_on(self, phase):
        mark = self.now()
        for i in range(2):
            self.phases[phase][i] += mark[i] - self.mark[i]
        self.mark = mark


def objects_of(store, bucket, folder, reference, obstime):
    prefix = f"{folder}/{obstime:%Y/%m/%d}/{reference}/"
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def download(store, bucket, keys, ending, path):
    """False where there is no such object."""
    key = next((key for key in keys if key.endswith(ending)), None)
    if key is not None:
        store.download_file(bucket, key, path)
    return key is not None


def copy_rows(connection, table, columns, rows):
    text = io.StringIO()
    pandas.DataFrame(rows, columns=columns).to_csv(text, sep="\t", index=False, header=False, quotechar="\b")
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", text)
    connection.commit()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("db_config", "s3_config", "obsid", "results", "hists"):
        parser.add_argument(name)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--card", choices=CARDS, default="s2")
    parser.add_argument("--script-names", action="store_true")
    parser.add_argument("--metres", action="store_true")
    options = parser.parse_args()

    clock = Clock()
    database = json.load(open(options.db_config))["database"]
    s3 = json.load(open(options.s3_config))["s3"]
    store = boto3.client("s3", endpoint_url=s3["host"], aws_access_key_id=s3["access_key"],
                         aws_secret_access_key=s3["secret_key"], region_name=s3.get("region", "us-east-1"))
    link, tables, args = database["connection"], database["tables"], database["args"]
    login = dict(host=link["host"], port=link["port"], dbname=link["dbname"], user=link["dbuser"], password=link["dbpasswd"])
    reading, writing = psycopg2.connect(**login), psycopg2.connect(**login)
    obsid = int(options.obsid)
    with writing.cursor() as cursor:
        cursor.execute(f"SELECT reference, obstime FROM {tables['catalogue_table']} WHERE id = %s", (obsid,))
        reference, obstime = cursor.fetchone()
    layout, bands = CARDS[options.card]
    keys = objects_of(store, s3["bucket"], layout, reference, obstime)
    shape_measured = "p.wkb_geometry::geography" if options.metres else "p.wkb_geometry"
    parcels_query = PARCELS.format(parcels=tables["parcel_table"], catalogue=tables["catalogue_table"],
                                   aois=tables["aoi_table"], field=args["aoi_field"], measured=shape_measured)
    parcels = {}

    for band, (ending, beside, number) in bands.items():
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, f"image{os.path.splitext(ending)[1]}")
            if not download(store, s3["bucket"], keys, ending, path):
                continue
            if beside is not None:
                download(store, s3["bucket"], keys, beside, os.path.join(folder, f"image{os.path.splitext(beside)[1]}"))
            with rasterio.open(path) as raster:
                image, grid, epsg = raster.read(number), raster.transform, raster.crs.to_epsg()
        name = SCRIPT_NAMES.get(band, band) if options.script_names else band
        parcels[band] = 0
        clock.spent_on("fixed")

        with reading.cursor(name="parcels") as cursor:
            cursor.itersize = CHUNK
            cursor.execute(parcels_query, dict(epsg=epsg, obsid=obsid, aoi=args["name"], every=options.every))
            while chunk := cursor.fetchmany(CHUNK):
                parcels[band] += len(chunk)
                features = [{"type": "Feature", "properties": {}, "geometry": json.loads(shape)} for _, shape in chunk]
                measured = zonal_stats(features, image, affine=grid, stats=STATISTICS, nodata=0)
                rows = [(pid, obsid, name, *(one[statistic] for statistic in STATISTICS))
                        for (pid, _), one in zip(chunk, measured) if one["count"]]
                columns = ["pid", "obsid", "band"] + [re.sub("percentile_", "p", name) for name in STATISTICS]
                if rows:
                    copy_rows(writing, options.results, columns, rows)
                if band == "SC":
                    counted = zonal_stats(features, image, affine=grid, nodata=0, categorical=True)
                    hists = [(pid, obsid, json.dumps({str(int(k)): int(v) for k, v in sorted(one.items()) if k != 0}))
                             for (pid, _), one in zip(chunk, counted)]
                    hists = [row for row in hists if row[2] != "{}"]
                    if hists:
                        copy_rows(writing, options.hists, ["pid", "obsid", "hist"], hists)
        reading.commit()
        clock.spent_on("parcels")

    seconds = {f"{phase}{what}": value for phase, pair in clock.phases.items() for what, value in zip(("Wall", "Cpu"), pair)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"parcels": max(parcels.values(), default=0), "peak": peak, **seconds}))


if __name__ == "__main__":
    main()
