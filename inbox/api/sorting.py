"""Priority, queue, tags, and the group of a person."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inbox import records
from inbox.actions import sorting
from inbox.api import shapes
from inbox.api.base import Endpoint, Write
from inbox.api.checking import checked
from inbox.api.writing import KEY


class Labels(Endpoint):
    @extend_schema(operation_id="list_labels", responses=shapes.LabelsShape)
    def get(self, request: Request, slug: str) -> Response:
        """The queues, tags and groups of the workspace."""
        return Response(sorting.labels())


class OneTicketPriority(Write):
    @extend_schema(
        operation_id="prioritise", parameters=[KEY], request=shapes.PriorityRequest, responses=shapes.DoneShape
    )
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """How much a ticket matters; its clocks follow."""
        sorting.prioritise(ticket_id, self.user, checked(shapes.PriorityRequest, request.data)["priority"])
        return Response({"row": records.row(ticket_id)})


class OneTicketQueue(Write):
    @extend_schema(operation_id="move", parameters=[KEY], request=shapes.QueueRequest, responses=shapes.DoneShape)
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Into a queue, or out of all; its clocks follow."""
        sorting.move(ticket_id, self.user, checked(shapes.QueueRequest, request.data)["queue"])
        return Response({"row": records.row(ticket_id)})


class OneTicketTags(Write):
    @extend_schema(operation_id="tag", parameters=[KEY], request=shapes.TagsRequest, responses=shapes.DoneShape)
    def post(self, request: Request, slug: str, ticket_id: int) -> Response:
        """Exactly these tags; its clocks follow."""
        sorting.tag(ticket_id, self.user, checked(shapes.TagsRequest, request.data)["tags"])
        return Response({"row": records.row(ticket_id)})


class OneContactGroup(Write):
    @extend_schema(
        operation_id="group", parameters=[KEY], request=shapes.GroupRequest, responses={200: shapes.GroupRequest}
    )
    def post(self, request: Request, slug: str, contact_id: int) -> Response:
        """Put a person into a group, or out of all; the clocks of their tickets follow."""
        contact = sorting.group(contact_id, self.user, checked(shapes.GroupRequest, request.data)["group"])
        return Response({"group": contact.group_id})
