"""Compares a scene's rows, as parcelwise wrote them, with what others find in the same pixels and parcels.

usage: numbers_peer.py DB_CONFIG OBSID EODATA
       numbers_peer.py spyndex DB_CONFIG OBSID EODATA

Rules are those of db_config.json. Pixels are read by GDAL; parcels are transformed by PostGIS, and shrink by shapely. By `centre` and
`touched` rasterstats measures masked arrays, by `fraction` exactextract, by `inside` numpy the pixels that shapely says are covered.
Indices are numpy's, in double precision; the second form compares those with spyndex's, pixel by pixel. Clouds grow by scipy.
Prints as JSON what was compared and what differs, with examples.
"""
import functools
import json
import sys

import numpy as np
import psycopg2
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from rasterstats import zonal_stats

from numbers_layers import Scene
from shares_peer import features_of

EIGHT = ["count", "mean", "std", "min", "max", "p25", "p50", "p75"]
EXTRA = ["p05", "p10", "p90", "p95"]
PERCENTILES = {name: int(name[1:]) for name in EIGHT + EXTRA if name[0] == "p"}
OTHERS = {name: int(name[1:]) for name in EXTRA}
CLEAR = {"classes": [0, 1, 3, 8, 9, 10, 11], "widen_m": 0, "min_pixels": 1, "inner_buffer_m": 0}
EXAMPLES = 5
# What is closer to a whole pixel is one: docs/decisions/shares-of-pixels.md.
WHOLE = 2**-31
# Shares in float32 tell no place in a distribution more finely; nor do two versions of GEOS, which shrink a hair differently, where a
# border comes to lie along pixels: each of them has next to no share then, or none.
PLACE, SHRUNKEN_PLACE = 1e-6, 1e-3

PARCELS = """
  SELECT ogc_fid, ST_AsBinary(ST_Transform(ST_CollectionExtract(ST_Force2D(wkb_geometry), 3), %s)) FROM {} WHERE ogc_fid = ANY(%s) ORDER BY 1"""
GAPS = "SELECT pid, band, reason FROM parcelwise.gap, unnest(pids) AS pid WHERE results_table = %s AND obsid = %s"


def even_odd(shape):
    """What lies within one ring of a polygon, or three; polygons are united."""
    if shape.is_valid:
        return shape
    wholes = []
    for part in getattr(shape, "geoms", [shape]):
        whole = shapely.Polygon()
        for ring in (part.exterior, *part.interiors):
            whole = whole.symmetric_difference(shapely.make_valid(shapely.Polygon(ring)).buffer(0))
        wholes.append(whole)
    return shapely.union_all(wholes)


def shrunken(shape, metres):
    return even_odd(shape).buffer(-metres, quad_segs=8) if metres > 0 else shape


def skewness(values):
    off = values - values.mean()
    return (off**3).mean() / (off**2).mean() ** 1.5 if values.min() < values.max() else None


def of_values(values):
    row = dict(count=len(values), mean=values.mean(), std=values.std(), min=values.min(), max=values.max(), skew=skewness(values))
    return dict(row, **dict(zip(PERCENTILES, np.percentile(values, list(PERCENTILES.values())))))


def where_any(find):
    return lambda masked: find(masked) if masked.count() else None


def by_rasterstats(shapes, array, transform, all_touched):
    names = ["count", "mean", "std", "min", "max"]
    quartiles = {"p25": "percentile_25", "p50": "percentile_50", "p75": "percentile_75"}
    more = {
        "skew": lambda masked: skewness(masked.compressed()),
        "others": lambda masked: dict(zip(OTHERS, np.percentile(masked.compressed(), list(OTHERS.values())))),
    }
    at_hand = {name: where_any(find) for name, find in more.items()}
    features = [dict(type="Feature", properties={}, geometry=shape) for shape in shapes]
    asked = [*names, *quartiles.values()]
    rows = zonal_stats(features, array, affine=transform, nodata=np.nan, all_touched=all_touched, stats=asked, add_stats=at_hand)
    return [
        {**{name: row[name] for name in [*names, "skew"]}, **{name: row[theirs] for name, theirs in quartiles.items()}, **row["others"]}
        if row["count"] else None for row in rows]


def by_exactextract(shapes, array, transform, place):
    height, width = array.shape
    left, top = transform.c, transform.f
    raster = NumPyRasterSource(array, left, top + height * transform.e, left + width * transform.a, top, name="pixels")
    names = {"count": "count", "mean": "mean", "std": "stdev", "min": "min", "max": "max"}
    features = features_of(shapes)

    def run(aside):
        quantiles = [f"quantile(q={q / 100 + aside})" for q in PERCENTILES.values()]
        # Named by whole hundredths, cut off.
        theirs = names | {name: f"quantile_{q - (aside < 0)}" for name, q in PERCENTILES.items()}
        found = [feature["properties"] for feature in exact_extract(raster, features, [*names.values(), *quantiles])]
        return [{name: row[their] for name, their in theirs.items()} for row in found]

    # Between pixels of next to no share a percentile leaps: beside each stand those a little below and above.
    rows = zip(run(0), run(-place), run(place))
    return [
        dict(row, around={name: (below[name], above[name]) for name in PERCENTILES}) if row["count"] else None
        for row, below, above in rows]


@functools.cache
def covered(shape, height, width, transform):
    """Rows and columns of the pixels that a parcel covers wholly."""
    shape = shapely.transform(shape, lambda xy: (xy - [transform.c, transform.f]) / [transform.a, transform.e])
    left, top, right, bottom = np.array(shape.bounds).clip(0, [width, height] * 2)
    x, y = np.meshgrid(np.arange(int(left), int(np.ceil(right))), np.arange(int(top), int(np.ceil(bottom))))
    squares = shapely.box(x, y, x + 1, y + 1)
    share = np.zeros(x.shape)
    # Polygons of a parcel add up, whether they overlap or not.
    for part in getattr(shape, "geoms", [shape]) if x.size else []:
        shapely.prepare(part)
        whole = shapely.covers(part, squares)
        border = shapely.intersects(part, squares) & ~whole
        share[whole] += 1
        share[border] += shapely.area(shapely.intersection(part, squares[border]))
    whole = share >= 1 - WHOLE
    return y[whole], x[whole]


def by_cover(shapes, array, transform):
    pixels = [array[covered(shape, *array.shape, transform)] for shape in shapes]
    pixels = [values[~np.isnan(values)] for values in pixels]
    return [of_values(values) if len(values) else None for values in pixels]


class Parcels:
    """Parcels, whole and shrunken, and what others measure in them by the rule."""

    def __init__(self, rule, parcels):
        self.rule, self.parcels, self.shapes, self.wholes = rule, parcels, {}, {}

    def shrunken(self, metres):
        if metres not in self.shapes:
            self.shapes[metres] = [shrunken(shape, metres) for shape in self.parcels]
        return self.shapes[metres]

    def pixels(self, metres, array, transform):
        """How many pixels of the raster each has."""
        key = (metres, array.shape)
        if key not in self.wholes:
            self.wholes[key] = [row["count"] if row else 0 for row in self.statistics(metres, np.ones(array.shape), transform)]
        return self.wholes[key]

    def statistics(self, metres, array, transform):
        """Of the valid pixels of each; None where there is none."""
        shapes = self.shrunken(metres)
        there = [i for i, shape in enumerate(shapes) if not shape.is_empty]
        some = [shapes[i] for i in there]
        if self.rule == "fraction":
            found = by_exactextract(some, array, transform, SHRUNKEN_PLACE if metres > 0 else PLACE)
        elif self.rule == "inside":
            found = by_cover(some, array, transform)
        else:
            found = by_rasterstats(some, array, transform, self.rule == "touched")
        rows = [None] * len(shapes)
        for i, row in zip(there, found):
            rows[i] = row
        return rows


class Comparison:
    """Counts what was compared, and what differs by more than the rule lets pass."""

    def __init__(self, what, rule, examples, is_shrunken):
        self.what, self.examples, self.weighs = what, examples, rule == "fraction"
        self.leaps = set(PERCENTILES) if self.weighs and is_shrunken else set()
        self.tolerance = 1e-6 if self.weighs else 1e-12
        self.found = dict(rows=0, gaps=0, missing=0, extra=0, counts=0, extremes=0, values=0, reasons=0, largest=0.0, largestCount=0.0)

    def differs(self, kind, pid, band, ours, theirs):
        self.found[kind] += 1
        if kind != "extremes" and sum(kind in example for example in self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: parcel {pid}, {self.what} {band}: {ours}, elsewhere {theirs}"[:400])

    def row(self, pid, band, ours, theirs):
        self.found["rows"] += 1
        off = abs(ours["count"] - theirs["count"]) / theirs["count"]
        self.found["largestCount"] = max(self.found["largestCount"], off)
        if off > (self.tolerance if self.weighs else 0):
            return self.differs("counts", pid, band, ours["count"], theirs["count"])
        size = max(abs(theirs["min"]), abs(theirs["max"]))
        # Logarithms of two libraries may differ by their last bit.
        let_pass = 1e-15 * size if band == "OWN" else 0
        if max(abs(ours["min"] - theirs["min"]), abs(ours["max"] - theirs["max"])) > let_pass:
            return self.differs("extremes" if self.weighs else "values", pid, band, ours, theirs)
        for name in set(ours) & set(theirs) - {"count"}:
            if ours[name] is None or theirs[name] is None:
                if ours[name] is not theirs[name]:
                    self.differs("values", pid, band, f"{name} {ours[name]}", theirs[name])
                continue
            # Third powers of differences are a small number made of large ones.
            scale = {"valid": 1, "skew": 1000 * max(1, abs(theirs[name]))}.get(name, size or 1)
            least, most = theirs.get("around", {}).get(name, (theirs[name], theirs[name]))
            off = max(least - ours[name], ours[name] - most, 0) / scale
            if name in self.leaps and off > self.tolerance:
                self.differs("extremes", pid, band, None, None)
                continue
            self.found["largest"] = max(self.found["largest"], off)
            if not off <= self.tolerance:
                self.differs("values", pid, band, f"{name} {ours[name]!r}", repr(theirs[name]))

    def gap(self, pid, band, ours, theirs):
        self.found["gaps"] += 1
        # Whether a parcel without a pixel lies far outside is told by its box.
        if theirs != ("no-pixel" if ours == "outside" else ours):
            self.differs("reasons", pid, band, ours, theirs)


def compare(database, config, obsid, scene):
    tables, args = config["tables"], config["args"]
    rule, clear = args["pixels"], {**CLEAR, **args["clear"]}
    with database.cursor() as cursor:
        cursor.execute(GAPS, (f"public.{tables['results_table']}", obsid))
        gaps = {(pid, band): reason for pid, band, reason in cursor}
        rows = {False: rows_of(cursor, tables["results_table"], obsid), True: rows_of(cursor, tables.get("clear_table"), obsid)}
        met = sorted({pid for pid, _ in [*gaps, *rows[False], *rows[True]]})
        cursor.execute(PARCELS.format(tables["parcel_table"]), (scene.epsg, met))
        shapes = {pid: shapely.from_wkb(bytes(wkb)) for pid, wkb in cursor}
    # Where rings cross, shares of pixels are no matter of definition.
    pids = [pid for pid in met if rule in ("centre", "touched") or all(part.is_valid for part in getattr(shapes[pid], "geoms", [shapes[pid]]))]
    parcels = Parcels(rule, [shapes[pid] for pid in pids])
    examples, comparisons = [], {}
    for band in args["bands"]:
        pixels, transform = scene.layer(band)
        raw = parcels.statistics(args.get("inner_buffer_m", 0), pixels, transform)
        for is_clear in (False, True):
            if is_clear and (scene.classes is None or band == "SC"):
                continue
            what = f"{'clear' if is_clear else 'raw'} {'bands' if band in scene.bands else 'indices'}"
            metres = (clear if is_clear else args).get("inner_buffer_m", 0)
            comparison = comparisons.setdefault(what, Comparison(what, rule, examples, metres > 0))
            wholes = parcels.pixels(metres, pixels, transform)
            expected = raw if metres == args.get("inner_buffer_m", 0) else parcels.statistics(metres, pixels, transform)
            # Of raw rows any share of a pixel will do.
            at_least, none = 0, ["no-data" if whole else "no-pixel" for whole in wholes]
            if is_clear:
                none = ["cloudy" if row else reason for row, reason in zip(expected, none)]
                masked = np.where(scene.clear(clear["classes"], clear["widen_m"], pixels.shape), pixels, np.nan)
                expected = parcels.statistics(metres, masked, transform)
                at_least = clear["min_pixels"]
            for pid, whole, theirs, reason in zip(pids, wholes, expected, none):
                if theirs and theirs["count"] < at_least:
                    theirs, reason = None, "too-few-pixels"
                theirs = theirs and dict(theirs, valid=theirs["count"] / whole)
                ours = rows[is_clear].pop((pid, band), None)
                gap = gaps.pop((pid, f"{band}:clear" if is_clear else band), None)
                if (ours is None) == (gap is None):
                    comparison.differs("extra" if ours else "missing", pid, band, f"{ours} {gap}", theirs)
                elif ours and theirs:
                    comparison.row(pid, band, ours, theirs)
                elif ours or theirs:
                    comparison.differs("extra" if ours else "missing", pid, band, ours or gap, theirs or reason)
                else:
                    comparison.gap(pid, band, gap, reason)
    left = {pid for pid, _ in [*rows[False], *rows[True], *gaps]}
    if left - (set(met) - set(pids)):
        raise SystemExit(f"parcels {sorted(left)[:9]} have rows or gaps of layers that nobody asked for")
    return dict(parcels=len(pids), leftOut=len(met) - len(pids), examples=examples,
                compared=[dict(what=what, **comparison.found) for what, comparison in comparisons.items()])


def rows_of(cursor, table, obsid):
    if table is None:
        return {}
    cursor.execute(f"SELECT * FROM {table} WHERE obsid = %s", (obsid,))
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row)) for row in cursor]
    keyed = {(row.pop("pid"), row.pop("band")): {name: value for name, value in row.items() if name != "obsid"} for row in rows}
    if len(keyed) < len(rows):
        raise SystemExit(f"{len(rows) - len(keyed)} rows of {table} are doubled")
    return keyed


def main():
    config_file, obsid, eodata = sys.argv[-3:]
    with open(config_file) as file:
        config = json.load(file)["database"]
    to = config["connection"]
    database = psycopg2.connect(host=to["host"], port=to["port"], dbname=to["dbname"], user=to["dbuser"], password=to["dbpasswd"])
    with database.cursor() as cursor:
        cursor.execute(f"SELECT card, reference FROM {config['tables']['catalogue_table']} WHERE id = %s", (obsid,))
        scene = Scene(eodata, *cursor.fetchone())
    with np.errstate(all="ignore"):
        spyndex = sys.argv[1] == "spyndex"
        print(json.dumps(dict(indices=scene.beside_spyndex(config["args"]["bands"])) if spyndex else compare(database, config, int(obsid), scene)))


if __name__ == "__main__":
    main()
