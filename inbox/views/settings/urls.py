"""Everything below /w/<slug>/settings/."""

from django.urls import path

from inbox.views.settings import accounts, apps, boards, deliveries, history, overview, people, workspace

app_name = "settings"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("accounts/add/", accounts.choose, name="account_add"),
    path("accounts/add/<int:app>/<slug:channel>/", accounts.add, name="account_add_to"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("accounts/<int:pk>/edit/", accounts.edit, name="account_edit"),
    path("accounts/<int:pk>/test/", accounts.test, name="account_test"),
    path("accounts/<int:pk>/subscribe/", accounts.subscribe, name="account_subscribe"),
    path("accounts/<int:pk>/pause/", accounts.pause, {"paused": True}, name="account_pause"),
    path("accounts/<int:pk>/resume/", accounts.pause, {"paused": False}, name="account_resume"),
    path("accounts/<int:pk>/remove/", accounts.remove, name="account_remove"),
    path("apps/", apps.apps, name="apps"),
    path("apps/add/<slug:platform>/", apps.add, name="app_add"),
    path("apps/<int:pk>/", apps.app, name="app"),
    path("apps/<int:pk>/pause/", apps.pause, {"paused": True}, name="app_pause"),
    path("apps/<int:pk>/resume/", apps.pause, {"paused": False}, name="app_resume"),
    path("apps/<int:pk>/remove/", apps.remove, name="app_remove"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/role/", people.role, name="person_role"),
    path("people/<int:pk>/remove/", people.remove, name="person_remove"),
    path("people/invitations/<int:pk>/withdraw/", people.withdraw, name="invitation_withdraw"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/replay/", deliveries.replay, name="deliveries_replay"),
    path("deliveries/<int:pk>/", deliveries.delivery, name="delivery"),
    path("board/", boards.board, name="board"),
    path("walls/", boards.make, name="wall_make"),
    path("walls/<int:pk>/revoke/", boards.revoke, name="wall_revoke"),
    path("workspace/", workspace.workspace, name="workspace"),
    path("history/", history.history, name="audit"),
]
