"""The issuing office: what every journey needs at hand. Built once per process by the site; nothing in it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from piaoju.crypto.signers import Signer
from piaoju.identity.policy import PROFILES, SignInPolicy
from piaoju.issuing.types import Channel
from piaoju.journeys.senders import Sender
from piaoju.kit.clock import Clock
from piaoju.kit.jobs import NO_QUEUE, Queue
from piaoju.standard.face.fonts import FontChain
from piaoju.standard.profile import Profile


@dataclass(frozen=True, slots=True)
class Office:
    """Keys and choices of one installation."""

    profile: Profile
    demonstration: bool
    signer: Signer
    clock: Clock
    random_bytes: Callable[[int], bytes]
    data_key: bytes  # SM4, 16 bytes: documents and private facts at rest
    index_key: bytes  # blind indexes
    check_code_secret: bytes
    fonts: FontChain
    data_folder: Path
    public_url: str
    sign_in_policy: SignInPolicy = PROFILES["dengbao3"]
    jobs: Queue = NO_QUEUE
    senders: Mapping[Channel, Sender] = field(default_factory=dict)  # a channel without one is not offered
    batch_files_kept: timedelta = timedelta(days=90)  # after a batch ended; its rows' outcomes stay
    lanes: int = 2  # workers of the site: so many parts of one large work go on side by side
