"""Everything below /w/<slug>/reports/."""

from django.urls import path

from inbox.views.reports import badge, pages

app_name = "reports"
urlpatterns = [
    path("", pages.report, name="report"),
    path("badge/", badge.badge, name="badge"),
    path("tickets/", pages.tickets, name="tickets"),
]
