"""What verification refuses, and what to do about it."""

from __future__ import annotations

from piaoju.kit.errors import Unavailable


class TooManyTries(Unavailable):
    """Too many answers were 查无此票; a right question is welcome again when the window has passed."""

    code = "too_many_tries"
    label = "查验次数过多"
