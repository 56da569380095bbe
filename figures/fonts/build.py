"""Builds the bundled subset of Inter from the npm package `inter-ui`; see README.md.

Usage: python build.py PACKAGE_FOLDER OUTPUT_FOLDER
"""

import sys
from copy import deepcopy
from pathlib import Path

from fontTools import subset
from fontTools.misc.transform import Transform
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

NABLA, DELTA = 0x2207, 0x0394
# Latin, the marks of x̂ x̄ ẋ, Greek, punctuation, super- and subscripts, arrows, operators, a few shapes.
UNICODES = (
    "20-7E A0-FF 131 152-153 300-308 30A-30C 370-3FF 2010-2027 2030-2033 2039-203A 2070-209F "
    "20AC 2113 2190-2199 21D0-21D5 2200-22FF 25A0-25FF 2713 2717"
)


def add_nabla(font: TTFont) -> None:
    """Inter has no ∇: turn its Δ upside down within the same advance and height."""
    delta = font.getBestCmap()[DELTA]
    glyphs = font.getGlyphSet()
    width, bearing = font["hmtx"][delta]
    height = font["glyf"][delta].yMax + font["glyf"][delta].yMin
    pen = TTGlyphPen(None)
    glyphs[delta].draw(TransformPen(pen, Transform(-1, 0, 0, -1, width, height)))
    font.setGlyphOrder(font.getGlyphOrder() + ["nabla"])
    font["glyf"]["nabla"] = pen.glyph()
    font["glyf"]["nabla"].recalcBounds(font["glyf"])
    font["hmtx"]["nabla"] = (width, font["glyf"]["nabla"].xMin)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[NABLA] = "nabla"


def add_marks(font: TTFont) -> None:
    """Inter places marks on Latin letters only: place them on Greek ones too, centred, as high above as above an o."""
    greek = [font.getBestCmap()[code] for code in range(0x3B1, 0x3CA)]
    subtables = [s for lookup in font["GPOS"].table.LookupList.Lookup for s in lookup.SubTable]
    subtables = [getattr(s, "ExtSubTable", s) for s in subtables]
    for table in (s for s in subtables if s.LookupType == 4 and "o" in s.BaseCoverage.glyphs):
        model = table.BaseArray.BaseRecord[table.BaseCoverage.glyphs.index("o")]
        records = dict(zip(table.BaseCoverage.glyphs, table.BaseArray.BaseRecord))
        records |= {name: centred(font, model, name) for name in greek if name not in records}
        names = sorted(records, key=font.getGlyphID)
        table.BaseCoverage.glyphs = names
        table.BaseArray.BaseRecord = [records[name] for name in names]
        table.BaseArray.BaseCount = len(names)


def share_marks(font: TTFont) -> None:
    """Inter turns mark placement on for Latin only: turn it on for Greek."""
    gpos = font["GPOS"].table
    systems = {record.ScriptTag: record.Script.DefaultLangSys for record in gpos.ScriptList.ScriptRecord}
    tags = [record.FeatureTag for record in gpos.FeatureList.FeatureRecord]
    marks = [i for i in systems["latn"].FeatureIndex if tags[i] in ("mark", "mkmk")]
    systems["grek"].FeatureIndex = sorted({*systems["grek"].FeatureIndex, *marks})
    systems["grek"].FeatureCount = len(systems["grek"].FeatureIndex)


def centred(font: TTFont, model, name: str):
    """The anchors of `model`, moved from the top of the o to the top of another glyph."""
    record = deepcopy(model)
    top = font["glyf"][name].yMax - font["glyf"]["o"].yMax
    for anchor in filter(None, record.BaseAnchor):
        anchor.XCoordinate = font["hmtx"][name][0] // 2
        anchor.YCoordinate += top if anchor.YCoordinate > 0 else 0
        anchor.Format = 1
        anchor.__dict__.pop("XDeviceTable", None)
        anchor.__dict__.pop("YDeviceTable", None)
    return record


def shrink(font: TTFont) -> None:
    """Keep kerning, digits of one width for tables, and mark placement; drop hints, alternates and names nobody reads."""
    options = subset.Options()
    options.layout_features = ["kern", "tnum", "mark", "mkmk", "ccmp"]
    options.hinting = False
    options.recalc_timestamp = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(UNICODES.replace(" ", ",")))
    subsetter.subset(font)


def main(package: Path, output: Path) -> None:
    for style in ("Regular", "SemiBold"):
        font = TTFont(package / "web" / f"Inter-{style}.woff2", recalcTimestamp=False)
        font.flavor = None
        add_nabla(font)
        add_marks(font)
        share_marks(font)
        shrink(font)
        font.save(output / f"Inter-{style}.ttf")


main(Path(sys.argv[1]), Path(sys.argv[2]))
