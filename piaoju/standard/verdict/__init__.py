"""File verdicts: what a bill's XML, OFD or PDF proves, byte by byte, without a database.

`examine(content, name, trust, fonts)` never raises; what it cannot decide is `unknown`, and unknown is not valid.
"""

from piaoju.standard.verdict.examination import examine
from piaoju.standard.verdict.report import BillSummary, Check, Report

__all__ = ["BillSummary", "Check", "Report", "examine"]
