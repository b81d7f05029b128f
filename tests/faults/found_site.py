"""Found the demonstration with some of its units and no bills (run as a process by site_process)."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from piaoju.ops import session


def main(folder: Path, unit_codes: list[str]) -> None:
    with session.opened(folder):
        from piaoju.journeys import found_demonstration, premises
        from piaoju.ops.demonstration import founding

        plan = founding.plan()
        plan = dataclasses.replace(
            plan,
            units=[unit for unit in plan.units if unit.code in unit_codes],
            operators=[operator for operator in plan.operators if operator.unit_code in unit_codes],
            clients=[client for client in plan.clients if client.unit_code in unit_codes],
        )
        _, clients = found_demonstration.found(premises.office(), plan)
        print(json.dumps([dataclasses.asdict(client) for client in clients]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
