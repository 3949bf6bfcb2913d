"""What the seed's extractor does with one Sentinel-2 scene, written anew for comparison: band by band, the image from S3
and read whole into memory by rasterio; the parcels from PostGIS as GeoJSON in the image's CRS, two thousand at a time;
their statistics by rasterstats; a pandas frame; COPY as text, and a commit. SCL's histograms come from a second call.

usage: seed_procedure.py DB_CONFIG S3_CONFIG OBSID RESULTS HISTS [--every N]

--every N takes every Nth parcel only. Prints, as JSON, seconds of wall and CPU for what is done once a scene (`fixed`)
and for what is done for every parcel (`parcels`), and how many parcels there were.
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
BANDS = {"B04": "_B04_10m.jp2", "B08": "_B08_10m.jp2", "SC": "_SCL_20m.jp2"}

PARCELS = """
  SELECT p.ogc_fid, ST_AsGeoJSON(ST_Transform(p.wkb_geometry, %(epsg)s))
  FROM {parcels} p, {catalogue} d, {aois} a
  WHERE d.id = %(obsid)s AND a.{field} = %(aoi)s
    AND p.wkb_geometry && ST_Transform(d.footprint, ST_SRID(p.wkb_geometry))
    AND p.wkb_geometry && ST_Transform(ST_Buffer(a.wkb_geometry::geography, 1000)::geometry, ST_SRID(p.wkb_geometry))
    AND ST_Area(p.wkb_geometry) > 3000 AND p.ogc_fid %% %(every)s = 0"""


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


def objects_of(store, bucket, reference):
    _, _, start, *_ = reference.split("_")
    day = f"{start[:4]}/{start[4:6]}/{start[6:8]}"
    prefix = f"Sentinel-2/MSI/L2A/{day}/{reference}/GRANULE/"
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


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
        cursor.execute(f"SELECT reference FROM {tables['catalogue_table']} WHERE id = %s", (obsid,))
        [reference] = cursor.fetchone()
    keys = objects_of(store, s3["bucket"], reference)
    parcels_query = PARCELS.format(parcels=tables["parcel_table"], catalogue=tables["catalogue_table"],
                                   aois=tables["aoi_table"], field=args["aoi_field"])
    parcels = 0

    for band, ending in BANDS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, f"{band}.jp2")
            store.download_file(s3["bucket"], next(key for key in keys if key.endswith(ending)), path)
            with rasterio.open(path) as raster:
                image, grid, epsg = raster.read(1), raster.transform, raster.crs.to_epsg()
        clock.spent_on("fixed")

        with reading.cursor(name="parcels") as cursor:
            cursor.itersize = CHUNK
            cursor.execute(parcels_query, dict(epsg=epsg, obsid=obsid, aoi=args["name"], every=options.every))
            while chunk := cursor.fetchmany(CHUNK):
                parcels += len(chunk) if band == "B04" else 0
                features = [{"type": "Feature", "properties": {}, "geometry": json.loads(shape)} for _, shape in chunk]
                measured = zonal_stats(features, image, affine=grid, stats=STATISTICS, nodata=0)
                rows = [(pid, obsid, band, *(one[name] for name in STATISTICS))
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
    print(json.dumps({"parcels": parcels, "peak": peak, **seconds}))


if __name__ == "__main__":
    main()
