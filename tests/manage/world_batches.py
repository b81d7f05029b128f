"""One checked file of bills for each unit of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piaoju.journeys import check_batch
from piaoju.ops.bench import tuition

if TYPE_CHECKING:
    from tests.manage.world import World


def keep_batches(world: World) -> None:
    """A file by each unit; its rows need putting right, so that the page has something to show."""
    installed = world.installed
    for place, code in world.units.items():
        if place == "missing":
            world.batches[place] = 10**9
            continue
        content = tuition.commas(list(tuition.rows(2, f"M-{place}")))
        world.batches[place] = check_batch.submit(installed.office, "command:test", code, f"{place}.csv", content)
        check_batch.check_batch(installed.office, batch=world.batches[place])
