"""What agents do. Every answer carries the ticket's row as it is now."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from connectors.contract import Can
from inbox import outbox, reading, records
from inbox.actions import elsewhere, replies, work
from inbox.api import shapes
from inbox.api.base import Endpoint, Write
from inbox.api.checking import checked
from inbox.models import Message, Ticket
from socialcare.background import after_commit

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="a UUID; the same key answers the same again"
)
NAMESPACE = uuid.UUID("6f1c0f0e-6d0f-5a0e-9f57-5a0c1a1e5ca1")


def token_of(workspace_id: int, user_id: int, key: str) -> uuid.UUID:
    """The client's key where it is a UUID (it becomes the message's), else one derived from it."""
    try:
        return uuid.UUID(key)
    except ValueError:
        return uuid.uuid5(NAMESPACE, f"{workspace_id}:{user_id}:{key}") if key else uuid.uuid4()


class Replies(Write):
    @extend_schema(
        operation_id="reply",
        parameters=[KEY],
        request=shapes.ReplyRequest,
        responses={201: shapes.SaidShape, 409: shapes.ErrorShape, 422: shapes.ErrorShape},
    )
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Answer the customer. It leaves when the time to take it back is over."""
        asked = checked(shapes.ReplyRequest, request.data)
        Ticket.objects.get(pk=ticket_id)
        key = request.headers.get("Idempotency-Key", "")
        message = replies.reply(
            ticket_id,
            self.user,
            asked["text"],
            private=asked["private"],
            token=token_of(self.membership.workspace_id, self.user.pk, key),
            last_seq=asked["last_seq"],
            to=asked["to"],
            continues=asked["continues"],
        )
        if message.send_after and message.send_after <= message.received_at:
            after_commit(outbox.ring_for_replies)
        return Response(_said(message), status=201)


class AnsweredThere(Write):
    @extend_schema(
        operation_id="answered_there",
        parameters=[KEY],
        request=shapes.AnsweredThereRequest,
        responses={201: shapes.SaidShape, 409: shapes.ErrorShape, 422: shapes.ErrorShape},
    )
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Record an answer that was given on the page itself, where it cannot be sent from here. The clock stops."""
        asked = checked(shapes.AnsweredThereRequest, request.data)
        Ticket.objects.get(pk=ticket_id)
        key = request.headers.get("Idempotency-Key", "")
        token = token_of(self.membership.workspace_id, self.user.pk, key)
        message = elsewhere.answered_there(
            ticket_id,
            self.user,
            asked["link"],
            asked["text"],
            token=token,
            last_seq=asked["last_seq"],
            to=asked["to"],
        )
        return Response(_said(message), status=201)


class Notes(Write):
    @extend_schema(operation_id="note", parameters=[KEY], request=shapes.NoteRequest, responses={201: shapes.SaidShape})
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Say something among colleagues; it never leaves the house."""
        asked = checked(shapes.NoteRequest, request.data)
        note = work.note(ticket_id, self.user, asked["text"])
        return Response({"entry": records.note(note, str(self.user)), "row": records.row(ticket_id)}, status=201)


class OnMessage(Write, ABC):
    """Base of what is done to one of our messages."""

    def post(self, request: Request, slug: str, message_id: int) -> Response:
        Message.objects.get(pk=message_id)
        return Response(_said(self.do(message_id)))

    @abstractmethod
    def do(self, message_id: int) -> Message:
        """The message as it is afterwards."""


ON_MESSAGE = {200: shapes.SaidShape, 404: shapes.ErrorShape, 409: shapes.ErrorShape}


@extend_schema_view(post=extend_schema(operation_id="undo", parameters=[KEY], request=None, responses=ON_MESSAGE))
class Undo(OnMessage):
    """Take an answer back before it leaves."""

    def do(self, message_id: int) -> Message:
        return replies.undo(message_id)


@extend_schema_view(post=extend_schema(operation_id="retry", parameters=[KEY], request=None, responses=ON_MESSAGE))
class Retry(OnMessage):
    """Send again what failed, or what was looked for and not found."""

    def do(self, message_id: int) -> Message:
        message = replies.retry(message_id, self.user)
        after_commit(outbox.ring_for_replies)
        return message


@extend_schema_view(post=extend_schema(operation_id="confirm", parameters=[KEY], request=None, responses=ON_MESSAGE))
class Confirm(OnMessage):
    """A human saw the answer on the platform."""

    def do(self, message_id: int) -> Message:
        return replies.confirm(message_id, self.user)


@extend_schema_view(
    post=extend_schema(
        operation_id="take_back",
        parameters=[KEY],
        request=None,
        responses={**ON_MESSAGE, 403: shapes.ErrorShape, 422: shapes.ErrorShape},
    )
)
class TakeBack(OnMessage):
    """Take back the record of an answer that was not given: the clock runs on. For its recorder and supervisors."""

    def do(self, message_id: int) -> Message:
        return elsewhere.take_back(message_id, self.membership)


class Act(Write):
    calls_out = True

    @extend_schema(
        operation_id="moderate",
        request=shapes.ActRequest,
        responses={200: shapes.SaidShape, 422: shapes.ErrorShape, 502: shapes.ErrorShape},
    )
    def post(self, request: Request, slug: str, message_id: int) -> Response:
        """Like, hide, delete, approve or call spam on the platform. Idempotent by nature."""
        asked = checked(shapes.ActRequest, request.data)
        message = work.moderate(message_id, self.user, Can(asked["action"]), on=asked["on"])
        return Response(_said(message))


class Assign(Write):
    @extend_schema(operation_id="assign", parameters=[KEY], request=shapes.AssignRequest, responses=shapes.DoneShape)
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Give a ticket to somebody of this workspace, or to nobody."""
        asked = checked(shapes.AssignRequest, request.data)
        work.assign(ticket_id, self.user, asked["assignee"])
        return Response({"row": records.row(ticket_id)})


class Resolve(Write):
    @extend_schema(operation_id="resolve", parameters=[KEY], request=None, responses=shapes.DoneShape)
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """The request is done; its clock stops."""
        work.resolve(ticket_id, self.user)
        return Response({"row": records.row(ticket_id)})


class Reopen(Write):
    @extend_schema(operation_id="reopen", parameters=[KEY], request=None, responses=shapes.DoneShape)
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Take a request up again. The row is of the ticket that is open now, which may be a newer one."""
        return Response({"row": records.row(work.reopen(ticket_id, self.user).pk)})


class See(Endpoint):
    @extend_schema(operation_id="see", request=shapes.SeenRequest, responses=shapes.DoneShape)
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """I have read this ticket up to here."""
        asked = checked(shapes.SeenRequest, request.data)
        work.see(ticket_id, self.user, asked["seq"])
        return Response({"row": records.row(ticket_id)})


def _said(message: Message) -> dict[str, Any]:
    return {"entry": reading.one_message(message.pk), "row": records.row(message.ticket_id)}
