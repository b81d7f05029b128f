"""票面: a bill laid out once, then written as OFD, PDF or PNG."""

from __future__ import annotations

from piaoju.standard.face.fonts import FontChain
from piaoju.standard.face.layout import layout, missing
from piaoju.standard.face.operations import Face
from piaoju.standard.face.specimens import SPECIMENS, Specimen, specimen_for

__all__ = ["SPECIMENS", "Face", "FontChain", "Specimen", "layout", "missing", "specimen_for"]
