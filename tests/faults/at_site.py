"""What a person of the university does at a site that is up, with files too large for a page's patience (run as a process).

at_site.py FOLDER ask BATCH FORMAT: have the bills of a batch made into one PDF or a ZIP; prints the download's number.
at_site.py FOLDER judge BATCH DOWNLOAD: fetch the file by its link and have readers judge it that are not ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

from piaoju.ops import session
from piaoju.ops.bench import outside, stages

FORMATS = ("xml",)


def main(folder: Path, act: str, batch_id: int, which: str) -> None:
    with session.opened(folder):
        from piaoju.issuing import queries as batches
        from piaoju.journeys.download_bills import Wanted

        chosen = stages.places(batches.batch(batch_id))
        if act == "ask":
            print(stages.ask(chosen, Wanted(which, files=FORMATS if which == "zip" else ())))
            return
        made = stages.made(int(which))
        path = folder / f"judged.{made.format}"
        stages.fetch(made, path)
        print(outside.merged(path, chosen) if made.format == "pdf" else outside.bundle(path, chosen, FORMATS))
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])
