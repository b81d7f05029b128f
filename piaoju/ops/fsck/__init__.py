"""What an auditor does: derive everything anew from the facts, by code of its own, and name each difference."""

from piaoju.ops.fsck.difference import Difference
from piaoju.ops.fsck.examination import examine

__all__ = ["Difference", "examine"]
