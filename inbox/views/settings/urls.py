"""Everything below /w/<slug>/settings/."""

from django.urls import path

from inbox.views.settings import accounts, apps, deliveries, history, labels, overview, people, promises, workspace

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
    path("policies/", promises.policies, name="policies"),
    path("policies/add/", promises.policy, name="policy_add"),
    path("policies/<int:pk>/", promises.policy, name="policy"),
    path("policies/<int:pk>/up/", promises.policy_move, {"by": -1}, name="policy_up"),
    path("policies/<int:pk>/down/", promises.policy_move, {"by": 1}, name="policy_down"),
    path("policies/<int:pk>/remove/", promises.policy_remove, name="policy_remove"),
    path("hours/", promises.all_hours, name="hours"),
    path("hours/add/", promises.hours, name="hours_add"),
    path("hours/<int:pk>/", promises.hours, name="hours_edit"),
    path("hours/<int:pk>/remove/", promises.hours_remove, name="hours_remove"),
    path("labels/", labels.labels, name="labels"),
    path("labels/<slug:kind>/add/", labels.add, name="label_add"),
    path("labels/<slug:kind>/<int:pk>/", labels.rename, name="label_rename"),
    path("workspace/", workspace.workspace, name="workspace"),
    path("history/", history.history, name="audit"),
]
