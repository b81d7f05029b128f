"""The office of this installation: keys, signer, fonts and choices, put together from the settings."""

from __future__ import annotations

import dataclasses
import os
import secrets
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from piaoju.exchange import senders
from piaoju.identity.policy import PROFILES, SignInPolicy
from piaoju.journeys.office import Office
from piaoju.kit.clock import system_clock
from piaoju.ops.fonts import installed_fonts
from piaoju.ops.jobs import DatabaseQueue
from piaoju.ops.watched import worker_count
from piaoju.seal import signers
from piaoju.seal.signers.keystore import write_private
from piaoju.standard.profile import SICHUAN_2026_1


def build_office() -> Office:
    """The office that these settings describe. Raises SoftwareSignerRefused in production without leave."""
    folder: Path = settings.DATA_FOLDER
    keys = folder / "keys"
    if settings.DEMONSTRATION:
        signers.passphrase_of(keys, os.environ, may_create=True)
    return Office(
        profile=SICHUAN_2026_1,
        demonstration=settings.DEMONSTRATION,
        signer=signers.signer_for(keys, os.environ, production=not settings.DEMONSTRATION),
        clock=system_clock,
        random_bytes=os.urandom,
        data_key=_key(keys / "data.key", 16),
        index_key=_key(keys / "index.key", 32),
        check_code_secret=_key(keys / "check-code.key", 32),
        fonts=installed_fonts(),
        data_folder=folder,
        public_url=settings.PUBLIC_URL,
        sign_in_policy=_sign_in_policy(),
        jobs=DatabaseQueue(),
        senders=senders.connected(os.environ),
        batch_files_kept=timedelta(days=settings.BATCH_FILE_DAYS),
        lanes=worker_count(),
    )


def _sign_in_policy() -> SignInPolicy:
    policy = PROFILES[settings.SIGN_IN_PROFILE]
    # What `demo` wrote down must still open the door next year.
    return dataclasses.replace(policy, password_age=None) if settings.DEMONSTRATION else policy


def _key(path: Path, size: int) -> bytes:
    """A key of this installation; made once, at first use."""
    if not path.exists():
        write_private(path, secrets.token_hex(size).encode())
    return bytes.fromhex(path.read_text().strip())
