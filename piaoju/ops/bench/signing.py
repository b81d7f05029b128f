"""SM2 by our binding, beside `openssl speed sm2` in the same run."""

from __future__ import annotations

import re
import subprocess
import time

from piaoju.crypto import sm2
from piaoju.ops.bench.figures import Figure

ROUNDS, CALLS = 5, 400


def measure() -> list[Figure]:
    """Signatures and verifications a CPU second, each with its ratio to the limit."""
    key = sm2.PrivateKey.generate()
    digest = sm2.digest_for(b"bench", key.public_key)
    signature = key.sign_digest(digest)
    ours = {"sign": _rate(lambda: key.sign_digest(digest)), "verify": _rate(lambda: _verify(key, digest, signature))}
    limit = _openssl_speed()
    return [
        Figure(f"sm2 {name}", rate, "/CPU-s", limit.get(name), "openssl speed sm2") for name, rate in ours.items()
    ]


def _verify(key: sm2.PrivateKey, digest: bytes, signature: bytes) -> None:
    if not sm2.verify_digest(key.public_key, digest, signature):
        raise RuntimeError("a good signature was refused")


def _rate(call: object) -> float:
    rates = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(CALLS):
            call()  # type: ignore[operator]
        rates.append(CALLS / (time.process_time() - started))
    return sorted(rates)[ROUNDS // 2]


def _openssl_speed() -> dict[str, float]:
    """Signs and verifications a second, by openssl's own measure of user time; empty without openssl."""
    try:
        run = subprocess.run(
            ["openssl", "speed", "-seconds", "2", "sm2"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    found = re.search(r"SM2.*?s\s+[\d.]+s\s+([\d.]+)\s+([\d.]+)", run.stdout)
    return {"sign": float(found[1]), "verify": float(found[2])} if found else {}
