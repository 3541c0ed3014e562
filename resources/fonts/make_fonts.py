"""Makes the shipped fonts from the npm package `@expo-google-fonts/noto-sans-sc`.

    python make_fonts.py FOLDER_OF_THE_PACKAGE

Noto Sans SC draws 用 and the radical ⽤ (U+2F64) with one glyph. A PDF writer has to turn glyphs back into
text and may pick the radical, so the page looks right while search and copy give another character. Taking
such look-alikes out of the character map leaves one code point to each glyph, and the text is found again.

So it is with blanks. The font has no tab, for which Qt takes the glyph of the space, and draws U+3000 as the
em space (U+2003): a PDF had a tab for each space. Tab and em space get a glyph each of their own.
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

WEIGHTS = {"400Regular": "Regular", "700Bold": "Bold"}
# CJK and Kangxi radicals, compatibility ideographs and their supplement
LOOK_ALIKES = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))
# Blanks that must not share a glyph, the name of their own, and the blank it is a copy of
BLANKS = ((0x09, "tab", 0x20), (0x2003, "emspace", 0x3000))


def strip_look_alikes(font: TTFont) -> int:
    """Remove look-alike code points whose glyph an ordinary code point also reaches; return how many went."""
    removed: set[int] = set()
    for table in font["cmap"].tables:
        if not hasattr(table, "cmap") or table.format == 14:  # 14 lists variation sequences, not characters
            continue
        ordinary = {glyph for code, glyph in table.cmap.items() if not _is_look_alike(code)}
        spare = [code for code, glyph in table.cmap.items() if _is_look_alike(code) and glyph in ordinary]
        for code in spare:
            del table.cmap[code]
        removed.update(spare)
    return len(removed)


def part_blanks(font: TTFont) -> None:
    """Give tab and em space glyphs of their own, as wide as those they were drawn by."""
    names, characters = font.getGlyphOrder(), font.getBestCmap()
    for code, name, alike in BLANKS:
        like = characters[alike]
        names.append(name)
        font["glyf"].glyphs[name] = copy.deepcopy(font["glyf"][like])
        for table in ("hmtx", "vmtx"):
            if table in font:
                font[table][name] = font[table][like]
        for table in font["cmap"].tables:
            if table.format != 14:
                table.cmap[code] = name
    font.setGlyphOrder(names)


def _is_look_alike(code: int) -> bool:
    return any(code in block for block in LOOK_ALIKES)


def main(package: Path) -> None:
    """Write both weights beside this script."""
    for folder, weight in WEIGHTS.items():
        font = TTFont(package / folder / f"NotoSansSC_{folder}.ttf", recalcTimestamp=False)
        removed = strip_look_alikes(font)
        part_blanks(font)
        target = Path(__file__).with_name(f"NotoSansSC-{weight}.ttf")
        font.save(target)
        print(f"{target.name}: {removed} look-alike code points removed")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
