from django.urls import path, re_path

from inbox.api import base, people, schema, sorting, tickets, writing

__all__ = ["schema", "urlpatterns"]

urlpatterns = [
    path("tickets/", tickets.Tickets.as_view()),
    path("tickets/<int:ticket_id>/", tickets.OneTicket.as_view()),
    path("tickets/<int:ticket_id>/entries/", tickets.Entries.as_view()),
    path("tickets/<int:ticket_id>/replies/", writing.Replies.as_view()),
    path("tickets/<int:ticket_id>/answered-there/", writing.AnsweredThere.as_view()),
    path("tickets/<int:ticket_id>/notes/", writing.Notes.as_view()),
    path("tickets/<int:ticket_id>/assign/", writing.Assign.as_view()),
    path("tickets/<int:ticket_id>/resolve/", writing.Resolve.as_view()),
    path("tickets/<int:ticket_id>/reopen/", writing.Reopen.as_view()),
    path("tickets/<int:ticket_id>/priority/", sorting.OneTicketPriority.as_view()),
    path("tickets/<int:ticket_id>/queue/", sorting.OneTicketQueue.as_view()),
    path("tickets/<int:ticket_id>/tags/", sorting.OneTicketTags.as_view()),
    path("tickets/<int:ticket_id>/seen/", writing.See.as_view()),
    path("messages/<int:message_id>/", tickets.OneMessage.as_view()),
    path("messages/<int:message_id>/undo/", writing.Undo.as_view()),
    path("messages/<int:message_id>/retry/", writing.Retry.as_view()),
    path("messages/<int:message_id>/confirm/", writing.Confirm.as_view()),
    path("messages/<int:message_id>/take-back/", writing.TakeBack.as_view()),
    path("messages/<int:message_id>/act/", writing.Act.as_view()),
    path("contacts/<int:contact_id>/group/", sorting.OneContactGroup.as_view()),
    path("labels/", sorting.Labels.as_view()),
    path("people/", people.People.as_view()),
    path("presence/", people.Available.as_view()),
    path("notifications/", people.Notifications.as_view()),
    path("notifications/seen/", people.NotificationsSeen.as_view()),
    path("me/", people.Me.as_view()),
    re_path(r"^(?:.*/)?$", base.NothingHere.as_view(schema=None)),
]
