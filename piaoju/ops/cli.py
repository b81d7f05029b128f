"""`piaoju …`: every command of the contract, and how a refusal ends one.

Exit codes: 0 done · 1 refused or not valid · 2 usage · 3 partly done · 4 not permitted · 5 not available.
"""

from __future__ import annotations

import json
import signal
import sys

import typer

from piaoju.kit import errors
from piaoju.ops.commands import (
    backup,
    batch,
    bench,
    bench_volume,
    certificate,
    demo,
    doctor,
    fsck,
    issue,
    people,
    reports,
    requisition,
    restore,
    reverse,
    serve,
    suspend,
    ukey_agent,
    units,
    verify,
)

app = typer.Typer(
    name="piaoju",
    help="财政电子票据：从取号到盖章的文件，任何人都能核对。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    demo.demo,
    serve.serve,
    verify.verify,
    issue.issue,
    reports.search,
    reports.totals,
    batch.batch,
    reverse.reverse,
    suspend.suspend,
    suspend.resume_issuing,
    fsck.fsck,
    doctor.doctor,
    backup.backup,
    restore.restore,
    ukey_agent.ukey_agent,
    people.first_administrators,
    people.relying_party,
):
    app.command()(command)
bench.bench.command("data")(bench_volume.volume)
for group in (bench.bench, units.units, requisition.requisition, reverse.reversal, certificate.certificate):
    app.add_typer(group)

REFUSED, NOT_PERMITTED, NOT_AVAILABLE = 1, 4, 5


def main() -> None:
    """Run a command; a refusal is a sentence and an exit code, never a stack trace."""
    # A request to end unwinds like Ctrl-C, so that the database is stopped by the last who used it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        app()
    except errors.PiaojuError as refusal:
        _tell(refusal)
        sys.exit(_exit_code(refusal))
    except KeyboardInterrupt:
        sys.exit(130)


def _tell(refusal: errors.PiaojuError) -> None:
    if "--json" in sys.argv:
        faults = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in refusal.errors]
        problem = {"error": {"code": refusal.code_value, "detail": refusal.detail, "errors": faults}}
        print(json.dumps(problem, ensure_ascii=False))
        return
    print(f"{refusal.detail}（{refusal.code_value}）", file=sys.stderr)
    for fault in refusal.errors[1:]:
        print(f"  {fault.pointer}：{fault.detail}（{fault.code}）", file=sys.stderr)


def _exit_code(refusal: errors.PiaojuError) -> int:
    if isinstance(refusal, errors.NotPermitted):
        return NOT_PERMITTED
    return NOT_AVAILABLE if isinstance(refusal, errors.Unavailable) else REFUSED


if __name__ == "__main__":
    main()
