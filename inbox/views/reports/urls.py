"""Everything below /w/<slug>/reports/."""

from django.urls import path

from inbox.views.reports import pages

app_name = "reports"
urlpatterns = [
    path("", pages.report, name="report"),
    path("tickets/", pages.tickets, name="tickets"),
]
