"""Inviting, joining, roles, and letting people go."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inbox.actions import people
from inbox.models import Contact, Identity, Presence, Ticket
from socialcare.models import Invitation, Membership, Role, User
from socialcare.tenancy import workspace
from tests.inbox.settings_support import House, announced, make_house, text

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
DORA = "dora@acme.example"


@pytest.fixture
def house() -> House:
    return make_house("acme")


def invite(house: House, email: str = DORA, role: str = "agent") -> str:
    """The path of the link that the page shows."""
    shown = house.post("people/", {"email": email, "role": role})
    return re.findall(r'value="http://localhost:8000(/join/[\w-]+/)" readonly', shown)[0]


def role_of(user: User) -> str | None:
    found = Membership.objects.filter(user=user).first()
    return found.role if found else None


# ---------------------------------------------------------------- inviting


def test_an_invitation_is_a_link_to_copy_that_is_valid_for_a_week(house: House) -> None:
    invite(house, " Dora@ACME.example ", "supervisor")
    with workspace(house.workspace.pk):
        invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.invited_by) == (DORA, "supervisor", house.admin)
    assert timedelta(days=6, hours=23) < invitation.expires_at - timezone.now() <= timedelta(days=7)
    assert house.audit() == [("person.invited", DORA, {"role": "supervisor"})]
    assert invitation.code not in str(house.audit())


def test_a_new_invitation_ends_the_one_before(house: House) -> None:
    first, second = invite(house), invite(house, role="admin")
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 200


def test_a_withdrawn_invitation_is_worthless(house: House) -> None:
    link = invite(house)
    with workspace(house.workspace.pk):
        pk = Invitation.objects.get().pk
    assert "The invitation of dora@acme.example is withdrawn." in text(house.post(f"people/invitations/{pk}/withdraw/"))
    assert Client().get(link).status_code == 410
    assert house.browser().post(house.url(f"people/invitations/{pk}/withdraw/")).status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"email": "", "role": "agent"}, "“E-mail” is empty"),
        ({"email": "dora", "role": "agent"}, "This is no e-mail address."),
        ({"email": "AGENT@acme.example", "role": "agent"}, "This person is in the workspace already."),
        ({"email": "d" * 300 + "@example.com", "role": "agent"}, "“E-mail” is too long: at most 254 characters"),
        # In lower case this letter becomes two.
        ({"email": "d@" + ("İ" * 30 + ".") * 5 + "com", "role": "agent"}, "“E-mail” is too long"),
        ({"email": "do\0ra@acme.example", "role": "agent"}, "This is no e-mail address."),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused_on_its_field(
    house: House, given: dict[str, str], says: str
) -> None:
    shown = house.post("people/", given, refused=True)
    assert says in text(shown.partition('id="id_email_error"')[2].partition("</ul>")[0])
    assert house.audit() == []


def test_a_role_that_does_not_exist_cannot_be_invited_or_given(house: House) -> None:
    house.post("people/", {"email": DORA, "role": "owner"}, refused=True)
    assert "choose one" in text(house.post(f"people/{house.agent.pk}/role/", {"role": "owner"}))
    assert role_of(house.agent) == "agent"


# ---------------------------------------------------------------- joining


def test_a_new_person_joins_with_name_and_password(house: House) -> None:
    link, browser = invite(house), Client()
    assert "Join Acme" in text(browser.get(link).content.decode())
    answer = browser.post(link, {"name": "Dora", "password": PASSWORD})
    assert answer.headers["Location"] == "/w/acme/"
    dora = User.objects.get(email=DORA)
    assert (dora.name, role_of(dora), dora.check_password(PASSWORD)) == ("Dora", "agent", True)
    assert browser.get("/w/acme/me/").status_code == 200
    assert Client().get(link).status_code == 410
    assert house.audit()[-1] == ("person.joined", "Dora", {"role": "agent"})


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"name": "", "password": PASSWORD}, "name", "“Your name” is empty"),
        ({"name": "D" * 121, "password": PASSWORD}, "name", "“Your name” is too long: at most 120 characters"),
        ({"name": "Do\0ra", "password": PASSWORD}, "name", "“Your name” holds a character that cannot be stored"),
        ({"name": "Dora", "password": "x" * 129}, "password", "“Password” is too long: at most 128 characters"),
        ({"name": "Dora", "password": ""}, "password", "“Password” is empty"),
        ({"name": "Dora", "password": "short"}, "password", "at least 10 characters"),
        ({"name": "Dora", "password": "password1234"}, "password", "too common"),
        ({"name": "Dora", "password": "dora@acme.example"}, "password", "too similar"),
    ],
)
def test_a_weak_password_is_refused_and_nobody_is_made(
    house: House, given: dict[str, str], field: str, says: str
) -> None:
    answer = Client().post(invite(house), given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in text(page.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0])
    assert 'type="password" name="password" value' not in page
    assert not User.objects.filter(email=DORA).exists()


def test_somebody_with_an_account_signs_in_and_confirms(house: House) -> None:
    dora = User.objects.create_user(DORA, PASSWORD, name="Dora")
    link, browser = invite(house, role="supervisor"), Client()
    shown = browser.get(link).content.decode()
    assert f"/login/?next={link}" in shown
    assert 'name="password"' not in shown
    assert browser.post(link, {"name": "Eve", "password": "eves own password"}).status_code == 200
    assert role_of(dora) is None
    browser.force_login(dora)
    assert "<button" in browser.get(link).content.decode()
    assert role_of(dora) is None
    assert browser.post(link).status_code == 302
    assert role_of(dora) == "supervisor"
    assert dora.check_password(PASSWORD)


def test_an_invitation_is_for_one_address_only(house: House) -> None:
    eve = User.objects.create_user("eve@example.com", PASSWORD, name="Eve")
    link, browser = invite(house, role="admin"), Client()
    browser.force_login(eve)
    answer = browser.post(link)
    assert "You are signed in as eve@example.com." in text(answer.content.decode())
    assert role_of(eve) is None
    with workspace(house.workspace.pk), pytest.raises(people.NotYours):
        people.accept(Invitation.objects.get(), eve)


def test_an_old_or_unknown_link_says_so(house: House) -> None:
    link = invite(house)
    Invitation.objects.everywhere().update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = Client().post(link, {"name": "Dora", "password": PASSWORD})
    assert answer.status_code == 410
    assert "Ask for a new one." in answer.content.decode()
    assert not User.objects.filter(email=DORA).exists()
    assert Client().get("/join/guess/").status_code == 410
    assert "@acme.example as" not in house.get("people/")


def test_an_invitation_works_once(house: House) -> None:
    dora = User.objects.create_user(DORA, PASSWORD, name="Dora")
    invite(house)
    with workspace(house.workspace.pk):
        invitation = Invitation.objects.select_related("workspace").get()
        people.accept(invitation, dora)
        people.let_go(house.admin, dora.pk)
        with pytest.raises(people.NoLongerValid):
            people.accept(invitation, dora)
        with pytest.raises(people.NoLongerValid):
            people.accept_as_new(invitation, "Dora", PASSWORD)
    assert role_of(dora) is None


# ---------------------------------------------------------------- roles


def test_a_new_role_is_told_to_that_person_alone(house: House, django_capture_on_commit_callbacks) -> None:
    with announced(house, django_capture_on_commit_callbacks) as told:
        shown = text(house.post(f"people/{house.agent.pk}/role/", {"role": "supervisor"}))
    assert "Agent of acme is now: Supervisor." in shown
    assert role_of(house.agent) == "supervisor"
    assert (str(house.agent.pk), "you", {"role": "supervisor"}) in told
    assert [to for to, kind, _ in told if kind == "you"] == [str(house.agent.pk)]
    assert house.audit() == [("person.role", "Agent of acme", {"role": ["agent", "supervisor"]})]


def test_the_last_admin_can_neither_step_down_nor_go(house: House) -> None:
    for path, data in (("role/", {"role": "agent"}), ("remove/", {})):
        shown = text(house.post(f"people/{house.admin.pk}/{path}", data))
        assert "Admin of acme is the last admin. Make somebody else an admin first." in shown
    assert role_of(house.admin) == "admin"
    assert house.audit() == []


def test_an_admin_who_cannot_sign_in_does_not_count(house: House) -> None:
    Membership.objects.filter(user=house.agent).update(role=Role.ADMIN)
    User.objects.filter(pk=house.agent.pk).update(is_active=False)
    house.post(f"people/{house.admin.pk}/role/", {"role": "agent"})
    assert role_of(house.admin) == "admin"


def test_an_admin_may_step_down_where_another_is_there(house: House) -> None:
    house.post(f"people/{house.agent.pk}/role/", {"role": "admin"})
    shown = text(house.post(f"people/{house.admin.pk}/role/", {"role": "agent"}))
    assert "My preferences" in shown
    assert role_of(house.admin) == "agent"
    assert house.browser().get(house.url()).status_code == 403


def test_nobody_raises_their_own_role(house: House) -> None:
    with workspace(house.workspace.pk), pytest.raises(people.NotUpward):
        people.change_role(house.supervisor, house.supervisor.pk, Role.ADMIN)
    assert role_of(house.supervisor) == "supervisor"


# ---------------------------------------------------------------- letting go


def test_whoever_goes_is_shut_out_at_once_and_their_tickets_go_to_the_others(
    house: House, django_capture_on_commit_callbacks
) -> None:
    account = house.account(house.app())
    now = timezone.now()
    with workspace(house.workspace.pk):
        contact = Contact.objects.create(name="Amélie")
        identity = Identity.objects.create(contact=contact, account=account, external_id="7")
        for number, status in enumerate(("open", "pending", "resolved")):
            Ticket.objects.create(
                account=account, contact=contact, identity=identity, thread_id=str(number), kind="post",
                last_at=now, status=status, assignee=house.agent,
            )  # fmt: skip
        for user in (house.agent, house.supervisor):
            Presence.objects.create(user=user, present=True, available=True)
    their_browser = house.browser(house.agent)
    assert "their unfinished tickets go to the others" in text(house.get(f"people/{house.agent.pk}/remove/"))
    with announced(house, django_capture_on_commit_callbacks) as told:
        house.post(f"people/{house.agent.pk}/remove/")
    assert their_browser.get("/w/acme/me/").status_code == 404
    assert (str(house.agent.pk), "you", {"role": None}) in told
    with workspace(house.workspace.pk):
        holders = dict(Ticket.objects.values_list("status", "assignee_id"))
    assert holders == {"open": house.supervisor.pk, "pending": None, "resolved": house.agent.pk}
    assert house.audit()[-1] == ("person.removed", "Agent of acme", {"role": "agent"})


def test_people_of_other_workspaces_are_not_listed(house: House) -> None:
    globex = make_house("globex")
    invite(globex, "secret@globex.example")
    shown = house.get("people/")
    assert "globex" not in shown
    assert all(str(user) in shown for user in (house.admin, house.supervisor, house.agent))
