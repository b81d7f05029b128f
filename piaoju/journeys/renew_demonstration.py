"""演示证书续期: nothing of the demonstration authority is about to end."""

from __future__ import annotations

import os

from django.db import transaction

from piaoju.journeys.office import Office
from piaoju.seal import actions as seal
from piaoju.seal import signers


def renew(office: Office) -> int:
    """Renew what is due; how many certificates and lists. Nothing outside a demonstration."""
    if not office.demonstration:
        return 0
    keys = office.data_folder / "keys"
    passphrase = signers.passphrase_of(keys, os.environ, may_create=False)
    with transaction.atomic():
        return seal.renew_demonstration_authority(keys, office.data_folder / "trust.pem", passphrase, office.clock())
