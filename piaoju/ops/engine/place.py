"""`python -m piaoju.ops.engine.place data`: the data folder to use here; `make demo` may not ask."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .account import account_for, reachable_place


def place_for(wished: Path) -> Path:
    """The wished folder, unless we are root and the database's account cannot reach it; then one it can."""
    wished = wished.absolute()
    if os.geteuid() != 0:
        return wished
    account = account_for(wished / "pg")
    nearest = next(each for each in wished.parents if each.exists())
    return wished if account.reaches(nearest) else Path(reachable_place(account))


def main() -> None:
    wished = Path(sys.argv[1])
    place = place_for(wished)
    if place != wished.absolute():
        sys.stderr.write(f"数据库所用的账户进不了 {wished.absolute().parent}，数据文件夹改用 {place}。\n")
    sys.stdout.write(f"{place}\n")


if __name__ == "__main__":
    main()
