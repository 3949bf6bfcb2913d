"""Layers of a scene by GDAL and numpy: bands, indices in double precision, and which pixels are clear."""
import glob
import re

import numpy as np
import rasterio
from scipy.ndimage import distance_transform_edt

SATURATED = 65535

# As published, on reflectance or linear gamma0; parameters are the bands.
INDICES = {
    "NDVI": lambda B08, B04: (B08 - B04) / (B08 + B04),
    "NDMI": lambda B08, B11: (B08 - B11) / (B08 + B11),
    "NDWI": lambda B03, B08: (B03 - B08) / (B03 + B08),
    "BSI": lambda B11, B04, B08, B02: ((B11 + B04) - (B08 + B02)) / ((B11 + B04) + (B08 + B02)),
    "EVI2": lambda B08, B04: 2.5 * (B08 - B04) / (B08 + 2.4 * B04 + 1),
    "EVI": lambda B08, B04, B02: 2.5 * (B08 - B04) / (B08 + 6 * B04 - 7.5 * B02 + 1),
    "SAVI": lambda B08, B04: 1.5 * (B08 - B04) / (B08 + B04 + 0.5),
    "GNDVI": lambda B08, B03: (B08 - B03) / (B08 + B03),
    "NDRE": lambda B8A, B05: (B8A - B05) / (B8A + B05),
    "CIre": lambda B07, B05: B07 / B05 - 1,
    "PSRI": lambda B04, B02, B06: (B04 - B02) / B06,
    "NDTI": lambda B11, B12: (B11 - B12) / (B11 + B12),
    "NBR": lambda B08, B12: (B08 - B12) / (B08 + B12),
    "CR": lambda VH, VV: VH / VV,
    "RVI": lambda VH, VV: 4 * VH / (VV + VH),
    # People's own, as bench/numbers has it.
    "OWN": lambda B08, B11, B04, B03, B02, B8A: (
        np.minimum(B08, B11) / np.maximum(B04, np.abs(B03 - 0.1)) + np.sqrt(B02) - np.log10(B8A)),
}
# spyndex's names, and what its letters stand for.
SPYNDEX = {
    "NDVI": ("NDVI", dict(N="B08", R="B04")),
    "NDMI": ("NDMI", dict(N="B08", S1="B11")),
    "NDWI": ("NDWI", dict(G="B03", N="B08")),
    "BSI": ("BI", dict(S1="B11", R="B04", N="B08", B="B02")),
    "EVI2": ("EVI2", dict(N="B08", R="B04", g=2.5, L=1.0)),
    "EVI": ("EVI", dict(N="B08", R="B04", B="B02", g=2.5, C1=6.0, C2=7.5, L=1.0)),
    "SAVI": ("SAVI", dict(N="B08", R="B04", L=0.5)),
    "GNDVI": ("GNDVI", dict(N="B08", G="B03")),
    "NDRE": ("NDREI", dict(N="B8A", RE1="B05")),
    "CIre": ("CIRE", dict(N="B07", RE1="B05")),
    "PSRI": ("PSRI", dict(R="B04", B="B02", RE2="B06")),
    "NDTI": ("NBR2", dict(S1="B11", S2="B12")),
    "NBR": ("NBR", dict(N="B08", S2="B12")),
    "CR": ("VHVVR", dict(VH="VH", VV="VV")),
    "RVI": ("DpRVIVV", dict(VH="VH", VV="VV")),
}


class Scene:
    def __init__(self, eodata, card, reference):
        self.card = card
        self.folder = glob.glob(f"{eodata}/Sentinel-*/**/{reference}*", recursive=True)[0]
        baseline = re.search(r"_N(\d{4})_", reference)
        self.offset = -1000 if baseline and int(baseline[1]) >= 400 else 0
        self.bands = [*(f"B{n:02}" for n in range(1, 13)), "B8A", "SC"] if card == "s2" else ["VV", "VH"]
        self.kept = {}
        self.classes = self.read("SC")[0] if card == "s2" and self.path("SC") else None
        with rasterio.open(self.path("B04" if card == "s2" else "VV")) as raster:
            self.epsg = raster.crs.to_epsg()

    def path(self, band):
        """The file of the finest resolution that the product has the band at; None where there is none."""
        end = {"s2": f"_{'SCL' if band == 'SC' else band}_*m.jp2", "bs": f"Gamma0_{band}.img", "c6": ".tif"}[self.card]
        found = glob.glob(f"{self.folder}/**/*{end}", recursive=True)
        return min(found, key=lambda path: int((re.search(r"_(\d+)m\.jp2$", path) or [0, 0])[1]), default=None)

    def read(self, band):
        if band not in self.kept:
            with rasterio.open(self.path(band)) as raster:
                number = 2 if self.card == "c6" and band == "VH" else 1
                self.kept[band] = (raster.read(number), raster.transform)
        return self.kept[band]

    def layer(self, name):
        """Pixels in double precision, NaN where there is no data, and their grid."""
        if name in self.bands:
            numbers, transform = self.read(name)
            return np.where(numbers == 0, np.nan, numbers.astype(float)), transform
        inputs, transform = self.inputs(INDICES[name].__code__.co_varnames)
        values = INDICES[name](**inputs)
        return np.where(np.isfinite(values), values, np.nan), transform

    def inputs(self, bands):
        """Physical numbers by band, all on the finest grid among them, and that."""
        read = {band: self.read(band) for band in bands}
        finest, transform = max(read.values(), key=lambda one: len(one[0]))
        physical = {}
        for band, (numbers, _) in read.items():
            times = len(finest) // len(numbers)
            lost = (numbers == 0) | (numbers == SATURATED) if self.card == "s2" else numbers == 0
            values = (numbers.astype(float) + self.offset) / 10000 if self.card == "s2" else numbers.astype(float)
            physical[band] = np.where(lost, np.nan, values).repeat(times, 0).repeat(times, 1)
        return physical, transform

    def clear(self, classes, widen_m, shape):
        """Which pixels are clear, of a grid as fine as the class map's or finer."""
        covered = np.isin(self.classes, classes)
        if widen_m > 0 and covered.any():
            covered = distance_transform_edt(~covered, sampling=self.read("SC")[1].a) <= widen_m
        times = shape[0] // len(covered)
        return ~covered.repeat(times, 0).repeat(times, 1)

    def beside_spyndex(self, names):
        """Of each index that spyndex has how it differs there, pixel by pixel, relative to it, or to 1 where it is less."""
        import spyndex

        found = []
        for name in (name for name in names if name in SPYNDEX):
            theirs, letters = SPYNDEX[name]
            inputs, _ = self.inputs(INDICES[name].__code__.co_varnames)
            ours = INDICES[name](**inputs)
            values = np.asarray(spyndex.computeIndex(theirs, {letter: inputs.get(of, of) for letter, of in letters.items()}))
            both = np.isfinite(ours) & np.isfinite(values)
            off = np.abs(ours - values)[both] / np.maximum(1, np.abs(values[both]))
            only_one = int((np.isfinite(ours) != np.isfinite(values)).sum())
            found.append(dict(index=name, theirs=theirs, pixels=int(both.sum()), onlyOne=only_one, largest=float(off.max(initial=0))))
        return found
