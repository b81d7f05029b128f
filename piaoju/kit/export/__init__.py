"""Rows as a file: Excel, CSV, NDJSON or Parquet, written while they come, in constant memory, without a cap of rows.

    write("xlsx", place, Export(title, columns, head, sum_line), rows)

The head (title, conditions, instant, person) goes with the file. Figures are figures: fen become exact yuan, never a binary
fraction where the format can do better; codes and names are text and stay as they are, also `=1+1`; there are no formulas.
"""

from __future__ import annotations

from piaoju.kit.export.columns import Export, ExportColumn, Kind, fen_text
from piaoju.kit.export.formats import FORMATS, Format, write

__all__ = ["FORMATS", "Export", "ExportColumn", "Format", "Kind", "fen_text", "write"]
