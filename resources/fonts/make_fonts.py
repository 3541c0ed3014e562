"""Makes the shipped fonts from the npm package `@expo-google-fonts/noto-sans-sc`.

    python make_fonts.py FOLDER_OF_THE_PACKAGE

Noto Sans SC draws 用 and the radical ⽤ (U+2F64) with one glyph. A PDF writer has to turn glyphs back into
text and may pick the radical, so the page looks right while search and copy give another character. Taking
such look-alikes out of the character map leaves one code point to each glyph, and the text is found again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.ttLib import TTFont

WEIGHTS = {"400Regular": "Regular", "700Bold": "Bold"}
# CJK and Kangxi radicals, compatibility ideographs and their supplement
LOOK_ALIKES = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))


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


def _is_look_alike(code: int) -> bool:
    return any(code in block for block in LOOK_ALIKES)


def main(package: Path) -> None:
    """Write both weights beside this script."""
    for folder, weight in WEIGHTS.items():
        font = TTFont(package / folder / f"NotoSansSC_{folder}.ttf", recalcTimestamp=False)
        removed = strip_look_alikes(font)
        target = Path(__file__).with_name(f"NotoSansSC-{weight}.ttf")
        font.save(target)
        print(f"{target.name}: {removed} look-alike code points removed")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
