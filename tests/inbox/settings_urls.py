from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.urls import include, path

from inbox.views import join, me

urlpatterns = [
    path("", lambda request: HttpResponse("home"), name="home"),
    path("login/", LoginView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("join/<str:code>/", join.join, name="join"),
    path("w/<slug:slug>/me/", me.preferences, name="me"),
    path("w/<slug:slug>/me/password/", me.password, name="me_password"),
    path("w/<slug:slug>/settings/", include("inbox.views.settings.urls")),
]
