"""What X does one way or another, and what its papers leave open: switches for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Rules:
    """`enterprise`: no summons needed, quotes allowed. `implied_counts`: the name X puts before a customer's reply
    summons the brand like one they typed. `newer_words`: API v2 answers in the vocabulary of posts. `premium`: long
    posts are taken. `lag`: seconds until reading shows a direct message. `patient`: refused webhooks come again.
    """

    enterprise: bool = False
    implied_counts: bool = True
    newer_words: bool = False
    premium: bool = False
    lag: float = 0.0
    patient: bool = False
