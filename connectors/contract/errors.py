"""What goes wrong, as data."""

from __future__ import annotations

from datetime import datetime

from connectors.contract.words import Reason


class ConnectorError(Exception):
    """The platform would not. `code` is the platform's, for people who look it up; never a text to match."""

    def __init__(self, detail: str = "", *, code: str = "", trace: str = "") -> None:
        super().__init__(detail)
        self.detail, self.code, self.trace = detail, code, trace


class BadInput(ValueError):
    """What an admin gave cannot be used. `sentence`: what is wrong and what to do, in English; `places` fill it."""

    def __init__(self, sentence: str, **places: str) -> None:
        super().__init__(sentence % places)
        self.sentence, self.places = sentence, places


class BadSignature(ConnectorError):
    """The webhook does not come from the platform."""


class Unreadable(ConnectorError):
    """The body is not what the platform sends; kept aside for a human."""


class Disconnected(ConnectorError):
    """The account's token is gone; an admin has to reconnect it."""


class Forbidden(ConnectorError):
    """A permission or task is missing; `detail` names it where known."""


class Throttled(ConnectorError):
    """Too fast. `retry_at` is when the platform lets us in again; not `whole` where only this kind of call waits."""

    def __init__(
        self, detail: str = "", *, retry_at: datetime, code: str = "", trace: str = "", whole: bool = True
    ) -> None:
        super().__init__(detail, code=code, trace=trace)
        self.retry_at, self.whole = retry_at, whole


class Unavailable(ConnectorError):
    """A passing fault, and surely nothing was done: trying again is safe."""


class Refused(ConnectorError):
    """Refused for good; the agent must see why. `lasting`: no other words would fare better with this message."""

    def __init__(
        self, reason: Reason, detail: str = "", *, code: str = "", trace: str = "", lasting: bool = False
    ) -> None:
        super().__init__(detail or reason.value, code=code, trace=trace)
        self.reason, self.lasting = reason, lasting


class AlreadyDone(ConnectorError):
    """The platform says this was done before (a private reply, a duplicate).

    `otherwise` is why it failed, where it does not prove to be ours.
    """

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        trace: str = "",
        otherwise: Reason = Reason.PRIVATE_REPLY_USED,
    ) -> None:
        super().__init__(detail, code=code, trace=trace)
        self.otherwise = otherwise


class UnknownOutcome(ConnectorError):
    """It may or may not have been done. Look, never resend."""


class OutOfCredit(ConnectorError):
    """The platform wants money first."""
