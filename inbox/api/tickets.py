"""Reading views, tickets and threads."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inbox import reading
from inbox.api import shapes
from inbox.api.base import Endpoint
from inbox.api.checking import checked
from inbox.figures import Only


class Tickets(Endpoint):
    @extend_schema(operation_id="list_tickets", parameters=[shapes.PageQuery], responses=shapes.PageShape)
    def get(self, request: Request, slug: str) -> Response:
        """One page of a view: the most urgent first, or the newest for what waits, is done or was looked for."""
        asked = checked(shapes.PageQuery, request.query_params)
        only = Only.read(asked)
        page = reading.page(
            asked["view"], self.user, after=asked["after"], limit=asked["limit"], query=asked["q"].strip(), only=only
        )
        return Response(page)


class OneTicket(Endpoint):
    @extend_schema(
        operation_id="get_ticket",
        parameters=[shapes.TicketQuery],
        responses={200: shapes.TicketShape, 404: shapes.ErrorShape},
    )
    def get(self, request: Request, slug: str, ticket_id: int) -> Response:
        """A ticket with its customer, its clocks, and what may be written on it now."""
        asked = checked(shapes.TicketQuery, request.query_params)
        return Response(reading.ticket(ticket_id, self.user, to=asked["to"]))


class Entries(Endpoint):
    @extend_schema(operation_id="list_entries", parameters=[shapes.EntriesQuery], responses=shapes.EntriesShape)
    def get(self, request: Request, slug: str, ticket_id: int) -> Response:
        """What was said and what happened, in reading order; the newest page first."""
        asked = checked(shapes.EntriesQuery, request.query_params)
        return Response(
            reading.entries(ticket_id, before=asked["before"], after_seq=asked["after_seq"], limit=asked["limit"])
        )


class OneMessage(Endpoint):
    @extend_schema(operation_id="get_message", responses={200: OpenApiTypes.OBJECT, 404: shapes.ErrorShape})
    def get(self, request: Request, slug: str, message_id: int) -> Response:
        """One message as it stands now: {"entry": …}."""
        return Response({"entry": reading.one_message(message_id)})
