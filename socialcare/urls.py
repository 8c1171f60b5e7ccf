"""All addresses of the pages and the API; webhooks and sockets are wired in asgi.py."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("api/schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]), name="schema"),
    path("", include("inbox.urls")),
]
