"""The workspace's settings, everybody's own preferences, and the history of changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from connectors import contract, registry
from inbox.actions import sorting
from inbox.views.settings import history
from socialcare import messages as catalogue
from socialcare.models import AuditEntry, User, Workspace
from socialcare.tenancy import workspace
from tests.inbox.settings_support import House, make_house, text

pytestmark = pytest.mark.django_db
WORKSPACE = {"name": "Acme", "undo_seconds": "5", "reopen_hours": "24", "language": "en", "time_zone": "UTC"}
OLD, NEW = "correct horse battery", "another staple entirely"


@pytest.fixture
def house() -> House:
    return make_house("acme")


# ---------------------------------------------------------------- the workspace


def test_the_workspace_is_changed_and_what_changed_is_written_down(house: House) -> None:
    given = {**WORKSPACE, "name": "Acme & fils", "undo_seconds": "10", "language": "fr"}
    assert "The workspace is saved." in text(house.post("workspace/", given))
    changed = Workspace.objects.get(pk=house.workspace.pk)
    assert (changed.name, changed.undo_seconds, changed.reopen_hours) == ("Acme & fils", 10, 24)
    assert (changed.language, changed.slug) == ("fr", "acme")
    changes = {"name": ["Acme", "Acme & fils"], "undo_seconds": [5, 10], "language": ["en", "fr"]}
    assert house.audit() == [("workspace.changed", "Acme & fils", changes)]
    house.post("workspace/", given)
    assert len(house.audit()) == 1


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ""), ("name", "A" * 5000), ("name", "Ac\0me"), ("undo_seconds", "3"), ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("reopen_hours", "-1"), ("reopen_hours", "99999"), ("reopen_hours", "soon"), ("reopen_hours", "9" * 5000),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr"])
def test_nonsense_about_the_workspace_is_refused_on_its_field(
    house: House, field: str, wrong: str, language: str
) -> None:
    User.objects.update(language=language)
    shown = house.post("workspace/", {**WORKSPACE, field: wrong}, refused=True)
    said = shown.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]
    label = {"en": "“", "fr": "«\xa0"}[language]
    assert re.fullmatch(rf">\s*<li>{label}[^<]+\.</li>\s*", said)
    assert house.audit() == []


def test_of_each_field_one_thing_is_said_in_the_readers_language(house: House) -> None:
    house.admin.language = "fr"
    house.admin.set_password(OLD)
    house.admin.save()
    browser = Client()
    browser.login(username="admin@acme.example", password=OLD)
    form = {"old_password": OLD, "new_password1": "password", "new_password2": "password"}
    page = browser.post("/w/acme/me/password/", form).content.decode()
    (said,) = re.findall(r'<ul class="errorlist"[^>]*>(.*?)</ul>', page, re.DOTALL)
    assert said.count("<li>") == 1
    assert "Ce mot de passe est trop court" in said


# ---------------------------------------------------------------- everybody's own


def test_an_agent_sets_name_language_appearance_and_shortcuts(house: House) -> None:
    browser = house.browser(house.agent)
    assert "Settings" not in text(browser.get("/w/acme/me/").content.decode())
    given = {"name": "Alice", "language": "fr", "theme": "dark"}
    answer = browser.post("/w/acme/me/", given, follow=True)
    user = User.objects.get(pk=house.agent.pk)
    assert (user.name, user.language, user.theme, user.shortcuts) == ("Alice", "fr", "dark", False)
    page = answer.content.decode()
    assert '<html lang="fr"' in page
    assert 'data-theme="dark"' in page


def test_preferences_that_do_not_exist_are_refused(house: House) -> None:
    browser = house.browser(house.agent)
    answer = browser.post("/w/acme/me/", {"name": "", "language": "xx", "theme": "pink"})
    assert answer.status_code == 422
    for field in ("name", "language", "theme"):
        assert f'id="id_{field}_error"' in answer.content.decode()
    assert User.objects.get(pk=house.agent.pk).theme == "system"
    assert "Agent of acme" in answer.content.decode()


def test_a_new_password_signs_other_browsers_out(house: House) -> None:
    house.agent.set_password(OLD)
    house.agent.save()
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        assert browser.login(username="agent@acme.example", password=OLD)
    form = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    wrong = here.post("/w/acme/me/password/", {**form, "old_password": "guess"})
    assert wrong.status_code == 422
    assert "old_password_error" in wrong.content.decode()
    assert NEW not in wrong.content.decode()
    assert here.post("/w/acme/me/password/", form).status_code == 302
    assert here.get("/w/acme/me/").status_code == 200
    assert elsewhere.get("/w/acme/me/").status_code == 302
    assert User.objects.get(pk=house.agent.pk).check_password(NEW)


def test_what_platforms_ask_of_an_admin_is_translated() -> None:
    asked: list[contract.Field] = []
    for platform in registry.platforms().values():
        asked += platform.app_fields
        for channel in platform.channels:
            asked += [*channel.account_fields, *channel.account_options]
            asked += [channel.account_id] if channel.account_id else []
    sentences = {sentence for field in asked for sentence in (field.label, field.help) if sentence}
    known = catalogue.catalog("fr")
    assert len(sentences) > 10
    assert {sentence for sentence in sentences if not (found := known.get(sentence)) or not found.string} == set()


# ---------------------------------------------------------------- the history


def test_the_history_says_who_changed_what_the_newest_first(house: House) -> None:
    house.post("workspace/", {**WORKSPACE, "undo_seconds": "0"})
    house.post(f"people/{house.agent.pk}/role/", {"role": "supervisor"})
    shown = text(house.get("history/"))
    role, workspace_line = shown.index("changed the role of Agent of acme"), shown.index("changed the workspace")
    assert role < workspace_line
    assert "role: Agent → Supervisor" in shown
    assert "undo, in seconds: 5 → 0" in shown


def test_every_verb_that_is_written_has_a_sentence(house: House) -> None:
    actions = Path(history.__file__).parents[2] / "actions"
    written = {
        verb
        for file in ("accounts", "apps", "boards", "deliveries", "people", "promises", "sorting")
        for verb in re.findall(r'"([a-z]+\.[a-z]+)"', (actions / f"{file}.py").read_text())
    }
    written |= {f"{kind}.{done}" for kind in sorting.KINDS for done in ("added", "renamed")}
    assert written - {"inbox.wall"} == set(history.SENTENCES)


def test_a_long_history_has_pages_and_stays_in_its_workspace(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    globex = make_house("globex")
    for owner, words in ((house, "ours"), (globex, "theirs")):
        with workspace(owner.workspace.pk):
            for number in range(3):
                AuditEntry.objects.create(actor=owner.admin, verb="person.invited", target=f"{words} {number}")
    first = house.get("history/")
    assert [number for number in range(3) if f"ours {number}" in first] == [1, 2]
    assert "theirs" not in first
    older = first.partition("?before=")[2].partition('"')[0]
    assert "ours 0" in house.get(f"history/?before={older}")
    assert house.get("history/?before=%27%3B--").count("invited") == first.count("invited")
