"""The office of this installation: keys, signer, fonts and choices, put together from the settings."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from importlib import resources
from pathlib import Path

from django.conf import settings

from piaoju.journeys.office import Office
from piaoju.kit.clock import system_clock
from piaoju.seal import signers
from piaoju.seal.signers.keystore import write_private
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.profile import SICHUAN_2026_1

_FONT_PACKAGE = "pylopdf_fonts_zh_cn"
# Debian's fonts-hanazono draws Ext B to F; where it is installed, it comes before the sans fallback.
_RARE_FONTS = ("/usr/share/fonts/truetype/hanazono/HanaMinA.ttf", "/usr/share/fonts/truetype/hanazono/HanaMinB.ttf")


def build_office() -> Office:
    """The office that these settings describe. Raises SoftwareSignerRefused in production without leave."""
    folder: Path = settings.DATA_FOLDER
    keys = folder / "keys"
    if settings.DEMONSTRATION:
        signers.passphrase_of(keys, os.environ, may_create=True)
    return Office(
        profile=SICHUAN_2026_1,
        demonstration=settings.DEMONSTRATION,
        signer=signers.signer_for(keys, os.environ, production=not settings.DEMONSTRATION),
        clock=system_clock,
        random_bytes=os.urandom,
        data_key=_key(keys / "data.key", 16),
        index_key=_key(keys / "index.key", 32),
        check_code_secret=_key(keys / "check-code.key", 32),
        fonts=font_chain(),
        data_folder=folder,
        public_url=settings.PUBLIC_URL,
    )


@lru_cache(maxsize=1)
def font_chain() -> FontChain:
    """Noto Serif SC, the rare characters where installed, Noto Sans SC."""
    shipped = sorted(
        (entry for entry in _files(Path(str(resources.files(_FONT_PACKAGE)))) if entry.suffix in {".otf", ".ttf"}),
        key=lambda entry: "Serif" not in entry.name,
    )
    if not shipped:
        raise RuntimeError(f"字体包 {_FONT_PACKAGE} 里没有字体文件。请重新安装依赖：make demo")
    rare = [Path(name) for name in _RARE_FONTS if Path(name).exists()]
    return FontChain([path.read_bytes() for path in (shipped[0], *rare, *shipped[1:])])


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _key(path: Path, size: int) -> bytes:
    """A key of this installation; made once, at first use."""
    if not path.exists():
        write_private(path, secrets.token_hex(size).encode())
    return bytes.fromhex(path.read_text().strip())
