"""What the dashboard aims at, and the links that show it on a wall."""

from __future__ import annotations

from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils import timezone

from inbox.actions import audit
from inbox.models import Board, Wall
from socialcare.models import User
from socialcare.tenancy import current_workspace

SIGNER = Signer(salt="inbox.wall", sep=".")


def board() -> Board:
    """The current workspace's, or one with the defaults."""
    return Board.objects.first() or Board()


def change_board(actor: User, **values: Any) -> None:
    """Goal, alarm and risk, as given."""
    with transaction.atomic():
        Board.objects.get_or_create(workspace_id=current_workspace())
        kept = Board.objects.select_for_update().get()
        changes = audit.differences({name: getattr(kept, name) for name in values}, values)
        if changes:
            for name, value in values.items():
                setattr(kept, name, value)
            kept.save()
            audit.record(actor, "board.changed", "", **changes)


def make_wall(actor: User, name: str, language: str, turns: str = Wall.Turns.QUEUES) -> Wall:
    with transaction.atomic():
        wall = Wall.objects.create(name=name, language=language, turns=turns, made_by=actor)
        audit.record(actor, "wall.made", name)
    return wall


def turn_wall(actor: User, wall_id: int, turns: str) -> Wall:
    """Choose which pages it turns; screens follow by themselves. Raises Wall.DoesNotExist, also for a revoked one."""
    with transaction.atomic():
        wall = Wall.objects.select_for_update().get(pk=wall_id, revoked_at=None)
        if wall.turns != turns:
            audit.record(actor, "wall.changed", wall.name, turns=[wall.turns, turns])
            wall.turns = turns
            wall.save(update_fields=["turns"])
    return wall


def revoke_wall(actor: User, wall_id: int) -> Wall:
    """The link is worthless from now on. Raises Wall.DoesNotExist, also for one that was revoked."""
    with transaction.atomic():
        wall = Wall.objects.select_for_update().get(pk=wall_id, revoked_at=None)
        wall.revoked_at = timezone.now()
        wall.save(update_fields=["revoked_at"])
        audit.record(actor, "wall.revoked", wall.name)
    return wall


def token_of(wall: Wall) -> str:
    return SIGNER.sign(f"{wall.pk}-{wall.nonce}")


def is_signed(token: str) -> bool:
    """Whether we made this token; costs no query and compares in constant time."""
    try:
        SIGNER.unsign(token)
    except BadSignature:
        return False
    return True


def wall_behind(token: str) -> Wall | None:
    """The wall a token opens, whatever its workspace: the link is the key. None where it opens none (any more)."""
    if not is_signed(token):
        return None
    pk, _, nonce = SIGNER.unsign(token).partition("-")
    walls = Wall.objects.everywhere().select_related("workspace")
    return walls.filter(pk=pk, nonce=nonce, revoked_at=None).first()
