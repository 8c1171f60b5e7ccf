from django.contrib.auth import views as auth
from django.urls import include, path

from inbox.views import dashboard, join, me, screens, sign_in, walls
from inbox.views.settings import door

urlpatterns = [
    path("", screens.home, name="home"),
    path("healthz", screens.healthz, name="healthz"),
    path("readyz", screens.readyz, name="readyz"),
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("join/<slug:code>/", join.join, name="join"),
    path("connect/<slug:channel>/back/", door.arrive, name="door_arrive"),
    path("wall/<str:token>/", walls.wall, name="wall"),
    path("w/<slug:slug>/", screens.start, name="start"),
    path("w/<slug:slug>/inbox/<slug:view>/", screens.inbox, name="inbox"),
    path("w/<slug:slug>/inbox/<slug:view>/<int:ticket_id>/", screens.inbox, name="ticket"),
    path("w/<slug:slug>/dashboard/", dashboard.dashboard, name="dashboard"),
    path("w/<slug:slug>/me/", me.preferences, name="me"),
    path("w/<slug:slug>/me/password/", me.password, name="me_password"),
    path("w/<slug:slug>/reports/", include("inbox.views.reports.urls")),
    path("w/<slug:slug>/settings/", include("inbox.views.settings.urls")),
    path("w/<slug:slug>/api/", include("inbox.api.urls")),
]
