"""Colleagues, and me."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from inbox.actions import notifications, presence
from inbox.api import shapes
from inbox.api.base import Endpoint, Write
from inbox.api.checking import checked


class People(Endpoint):
    @extend_schema(operation_id="list_people", responses=shapes.PeopleShape)
    def get(self, request: Request, slug: str) -> Response:
        """Who works here, who is there, with how many open tickets."""
        return Response({"items": presence.people()})


class Available(Write):
    @extend_schema(operation_id="set_available", request=shapes.AvailableRequest, responses=shapes.PeopleShape)
    def post(self, request: Request, slug: str) -> Response:
        """I want work, or none for now."""
        presence.available(self.membership, checked(shapes.AvailableRequest, request.data)["available"])
        return Response({"items": presence.people()})


class Me(Write):
    @extend_schema(operation_id="get_me", responses=shapes.MeShape)
    def get(self, request: Request, slug: str) -> Response:
        return Response(self._me())

    @extend_schema(operation_id="change_me", request=shapes.MeShape, responses=shapes.MeShape)
    def patch(self, request: Request, slug: str) -> Response:
        """My preferences."""
        asked = checked(shapes.MeShape, request.data)
        for name, value in asked.items():
            setattr(self.user, name, value)
        if asked:
            self.user.save(update_fields=list(asked))
        return Response(self._me())

    def _me(self) -> dict[str, object]:
        user = self.user
        names = ("id", "name", "email", "shortcuts", "theme", "language")
        return {name: getattr(user, name) for name in names} | {"role": self.membership.role}


class Notifications(Endpoint):
    @extend_schema(operation_id="list_notifications", responses=shapes.NotificationsShape)
    def get(self, request: Request, slug: str) -> Response:
        """What I must see, the newest first, and how many of it I have not seen."""
        return Response(notifications.of(self.user.pk))


class NotificationsSeen(Endpoint):
    @extend_schema(
        operation_id="notifications_seen",
        request=shapes.NotificationsSeenRequest,
        responses=shapes.NotificationsShape,
    )
    def post(self, request: Request, slug: str) -> Response:
        """I have seen all up to this one, or of these all about one ticket."""
        asked = checked(shapes.NotificationsSeenRequest, request.data)
        return Response(notifications.seen(self.user.pk, asked["upto"], asked["ticket"]))
