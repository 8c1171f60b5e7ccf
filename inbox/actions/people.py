"""Inviting people, what they may do, and letting them go."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from inbox import live, routing
from inbox.actions import audit, notifications, presence, work
from inbox.models import Presence, Ticket
from inbox.permissions import rank
from socialcare.background import after_commit
from socialcare.models import Invitation, Membership, Role, User, Workspace
from socialcare.tenancy import current_workspace

VALID_FOR = timedelta(days=7)


class AlreadyMember(Exception):
    """The invited person works here already."""


class LastAdmin(Exception):
    """Nobody would be left who can change the settings."""


class NotUpward(Exception):
    """Nobody raises their own role."""


class NoLongerValid(Exception):
    """The invitation was used, withdrawn or is too old."""


class NotYours(Exception):
    """The invitation is for another e-mail address."""


# ---------------------------------------------------------------- inviting


def invite(actor: User, email: str, role: str) -> Invitation:
    """A link valid for a week; an earlier one for the same address stops working. Raises AlreadyMember."""
    email = User.objects.normalise(email)
    with transaction.atomic():
        if Membership.objects.filter(workspace_id=current_workspace(), user__email=email).exists():
            raise AlreadyMember
        Invitation.objects.filter(email=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            email=email, role=role, invited_by=actor, expires_at=timezone.now() + VALID_FOR
        )
        audit.record(actor, "person.invited", email, role=role)
    return invitation


def withdraw(actor: User, invitation_id: int) -> str:
    """Make an open invitation's link worthless; the address it was for. Raises Invitation.DoesNotExist."""
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update().get(pk=invitation_id, accepted_at=None)
        invitation.delete()
        audit.record(actor, "invitation.withdrawn", invitation.email)
    return invitation.email


def valid_invitation(code: str) -> Invitation | None:
    """Whatever its workspace: the link is the key."""
    open_ones = Invitation.objects.everywhere().select_related("workspace", "invited_by")
    return open_ones.filter(code=code, accepted_at=None, expires_at__gt=timezone.now()).first()


def accept_as_new(invitation: Invitation, name: str, password: str) -> Membership:
    """Make the user and the membership. Raises NoLongerValid, also where the address has a user by now."""
    with transaction.atomic():
        _use(invitation)
        if User.objects.filter(email=invitation.email).exists():
            raise NoLongerValid
        language = invitation.workspace.language
        user = User.objects.create_user(invitation.email, password, name=name, language=language)
        return _join(invitation, user)


def accept(invitation: Invitation, user: User) -> Membership:
    """Join within the invitation's workspace. Raises NoLongerValid or NotYours."""
    if user.email != invitation.email:
        raise NotYours
    with transaction.atomic():
        _use(invitation)
        return _join(invitation, user)


def _use(invitation: Invitation) -> None:
    now = timezone.now()
    still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, expires_at__gt=now)
    if not still_open.update(accepted_at=now):
        raise NoLongerValid


def _join(invitation: Invitation, user: User) -> Membership:
    membership, _ = Membership.objects.get_or_create(
        workspace_id=current_workspace(), user=user, defaults={"role": invitation.role}
    )
    audit.record(user, "person.joined", user, role=membership.role)
    _tell_team()
    return membership


# ---------------------------------------------------------------- roles


def change_role(actor: User, user_id: int, role: str) -> Membership:
    """Raises LastAdmin, NotUpward or Membership.DoesNotExist."""
    with transaction.atomic():
        everybody = _locked_members()
        member = _find(everybody, user_id)
        if member.role == role:
            return member
        if user_id == actor.pk and rank(role) > rank(member.role):
            raise NotUpward
        if member.is_admin:
            _refuse_last_admin(everybody)
        before, member.role = member.role, role
        member.save(update_fields=["role"])
        audit.record(actor, "person.role", member.user, role=[before, role])
        live.publish([("you", {"role": role})], to=user_id)
        _tell_team()
    return member


def let_go(actor: User, user_id: int) -> User:
    """End a membership; the person's tickets go to the others. Raises LastAdmin, Membership.DoesNotExist."""
    with transaction.atomic():
        everybody = _locked_members()
        member = _find(everybody, user_id)
        if member.is_admin:
            _refuse_last_admin(everybody)
        user = member.user
        member.delete()
        Presence.objects.filter(user_id=user_id).delete()
        notifications.leave(user_id)
        _take_from(user_id, actor)
        audit.record(actor, "person.removed", user, role=member.role)
        live.publish([("you", {"role": None})], to=user_id)
        _tell_team()
    with transaction.atomic():
        # Who chose this person while they were still here is done once this lock is ours.
        routing.lock()
    _take_from(user_id, actor)
    work.hand_out()
    return user


def _take_from(user_id: int, actor: User) -> None:
    unfinished = Ticket.objects.filter(assignee_id=user_id).exclude(status=Ticket.Status.RESOLVED)
    for ticket_id in unfinished.order_by("pk").values_list("pk", flat=True):
        work.assign(ticket_id, actor, None)


def _tell_team() -> None:
    after_commit(lambda: live.publish_now([("people", presence.people())]))


def _locked_members() -> list[Membership]:
    members = Membership.objects.select_for_update(of=("self",)).select_related("user")
    return list(members.filter(workspace_id=current_workspace()).order_by("pk"))


def _find(members: list[Membership], user_id: int) -> Membership:
    for member in members:
        if member.user_id == user_id:
            return member
    raise Membership.DoesNotExist


def _refuse_last_admin(members: list[Membership]) -> None:
    if sum(member.role == Role.ADMIN and member.user.is_active for member in members) < 2:
        raise LastAdmin


# ---------------------------------------------------------------- the workspace


def change_workspace(actor: User, workspace: Workspace, **values: Any) -> None:
    """Name, undo seconds, reopening hours, language and time zone, as given."""
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=workspace.pk)
        changes = audit.differences({name: getattr(row, name) for name in values}, values)
        if changes:
            Workspace.objects.filter(pk=row.pk).update(**values)
            audit.record(actor, "workspace.changed", values.get("name", row.name), **changes)
