"""Ways to a payer: one module each. What an installation has connected is read from its settings (`connected`).

    PIAOJU_MAIL  smtp://user:password@host:587 (STARTTLS) · smtps://…:465 · smtp+plain://127.0.0.1:25 (this machine's relay only)
    PIAOJU_MAIL_FROM  the sender's address
    PIAOJU_SMS   https://gateway.example.cn/messages · or package.module:factory, a sender of one's own (journeys.senders.Sender)
    PIAOJU_SMS_TOKEN  what the gateway knows us by
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from piaoju.exchange.senders.mail import MailServer
from piaoju.exchange.senders.sms import HttpGateway
from piaoju.issuing.types import Channel
from piaoju.journeys.senders import Sender

__all__ = ["HttpGateway", "MailServer", "connected"]


def connected(settings: Mapping[str, str]) -> dict[Channel, Sender]:
    """The channels that these settings connect. Raises ValueError, with what to write, for settings that say nothing usable."""
    found: dict[Channel, Sender] = {}
    if mail := settings.get("PIAOJU_MAIL", ""):
        found[Channel.MAIL] = MailServer.of(mail, settings.get("PIAOJU_MAIL_FROM", ""))
    if sms := settings.get("PIAOJU_SMS", ""):
        if sms.startswith(("https://", "http://")):
            found[Channel.SMS] = HttpGateway.of(sms, settings.get("PIAOJU_SMS_TOKEN", ""))
        else:
            found[Channel.SMS] = _own(sms)
    return found


def _own(path: str) -> Sender:
    module, _, factory = path.partition(":")
    if not factory:
        raise ValueError("PIAOJU_SMS 应写成 https:// 开头的网关地址，或 包.模块:函数")
    return cast("Sender", getattr(import_module(module), factory)())
