"""The fonts of this machine, as the chain that faces are drawn with."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path

from piaoju.standard.face.fonts import FontChain

PACKAGE = "pylopdf_fonts_zh_cn"
# Debian's fonts-hanazono draws Ext B to F; where it is installed, it comes before the sans fallback.
RARE_FONTS = ("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf", "/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")


@lru_cache(maxsize=1)
def installed_fonts() -> FontChain:
    """Noto Serif SC, the rare characters where installed, Noto Sans SC."""
    shipped = sorted(
        (path for path in Path(str(resources.files(PACKAGE))).rglob("*") if path.suffix in {".otf", ".ttf"}),
        key=lambda path: ("Serif" not in path.name, path.name),
    )
    if not shipped:
        raise RuntimeError(f"字体包 {PACKAGE} 里没有字体文件。请重新安装依赖：make demo")
    rare = [Path(name) for name in RARE_FONTS if Path(name).exists()]
    return FontChain([path.read_bytes() for path in (shipped[0], *rare, *shipped[1:])])
