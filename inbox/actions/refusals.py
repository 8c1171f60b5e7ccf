"""Why an action was not done. Nothing was written; the screens say it in the reader's language."""

from __future__ import annotations

from connectors.contract import Reason


class ActionRefused(Exception):
    """Base of what follows."""


class NotAllowed(ActionRefused):
    """The platform's rule forbids it. `limit` and `length` for a text that is too long."""

    def __init__(self, reason: Reason, *, limit: int | None = None, length: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.limit, self.length = reason, limit, length


class NewerMessages(ActionRefused):
    """Something was said that the agent had not seen; `messages` are the ids."""

    def __init__(self, messages: list[int]) -> None:
        super().__init__("newer messages")
        self.messages = messages


class TooLate(ActionRefused):
    """The message is past the point where this could be done; `state` is where it is."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NotTheirs(ActionRefused):
    """Who recorded it may do this, and whoever supervises."""


class KeyReused(ActionRefused):
    """The token was given for another answer."""


class BadLink(ActionRefused):
    """The link is none we keep. `why`: malformed, userinfo or other_site; then the two hosts are named."""

    def __init__(self, why: str, *, there: str = "", here: str = "") -> None:
        super().__init__(why)
        self.why, self.there, self.here = why, there, here


class NotAMember(ActionRefused):
    """The person named does not work in this workspace."""


class NoSuchLabel(ActionRefused):
    """There is no such queue, tag or group in this workspace."""
