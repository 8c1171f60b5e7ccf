"""What was set aside, what nobody knew, and taking it in again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from connectors.models import Delivery, DeliveryBody, Oddity, PlatformApp
from inbox.views.settings import deliveries as views
from socialcare.valkey import valkey
from tests.inbox.settings_support import House, make_house, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house("acme")


def aside(app: PlatformApp, body: bytes = b"{}", **more: object) -> Delivery:
    number = Delivery.objects.count()
    fields = {"state": "failed", "attempts": 5, "error": f"KeyError: number {number}"}
    when = timezone.now() - timedelta(minutes=number)
    made = Delivery.objects.create(
        app=app, fingerprint=number.to_bytes(16, "big"), received_at=when, **{**fields, **more}
    )
    DeliveryBody.objects.create(delivery=made, body=body)
    return made


def waiting() -> set[int]:
    return set(Delivery.objects.filter(state="waiting").values_list("pk", flat=True))


def test_what_was_set_aside_is_listed_with_its_error_and_shown_as_it_came(house: House) -> None:
    words = {"object": "page", "entry": [{"message": "Où est mon gâteau ? <b>"}]}
    made = aside(house.app(), json.dumps(words).encode())
    aside(made.app, state="done", error="")
    shown = text(house.get("deliveries/"))
    assert "1 set aside" in shown
    assert "KeyError: number 0" in shown
    page = house.get(f"deliveries/{made.pk}/")
    assert "&quot;message&quot;: &quot;Où est mon gâteau ? &lt;b&gt;&quot;" in page
    assert "\n  &quot;entry&quot;: [" in page


@pytest.mark.parametrize(
    "body", [b"\xff\xfe not text \x00", b"[" * 100_000, b"", b"<html>", b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_a_body_that_is_no_payload_is_shown_all_the_same(house: House, body: bytes) -> None:
    made = aside(house.app(), body)
    assert "<pre" in house.get(f"deliveries/{made.pk}/")


def test_of_a_very_long_body_the_beginning_is_shown(house: House) -> None:
    made = aside(house.app(), b'{"long": "' + b"x" * 3_000_000 + b'"}')
    page = house.get(f"deliveries/{made.pk}/")
    assert "only the beginning is shown" in page
    assert len(page) < views.SHOWN_BYTES + 50_000


def test_the_bodies_of_others_stay_with_them(house: House) -> None:
    shared = aside(house.app(workspace=None))
    theirs = aside(make_house("globex").app())
    shown = house.get("deliveries/")
    assert "0 set aside" in shown
    for made in (shared, theirs):
        assert f"/deliveries/{made.pk}/" not in shown
        house.get(f"deliveries/{made.pk}/", status=404)
        house.post("deliveries/replay/", {"id": [made.pk]})
    house.post("deliveries/replay/", {"what": "all"})
    assert waiting() == set()
    assert house.audit() == []


def test_ticked_deliveries_are_taken_in_again_and_a_worker_is_called(house: House) -> None:
    valkey().delete("intake")
    app = house.app()
    one, two, three = (aside(app) for _ in range(3))
    shown = text(house.post("deliveries/replay/", {"what": "chosen", "id": [one.pk, three.pk]}))
    assert "2 deliveries are being taken in again." in shown
    assert waiting() == {one.pk, three.pk}
    assert valkey().llen("intake") == 1
    again = Delivery.objects.get(pk=one.pk)
    assert (again.attempts, again.error, again.lease_until) == (0, "", None)
    (line,) = house.audit()
    assert line == ("deliveries.replayed", "2", {"deliveries": [one.pk, three.pk], "count": 2})
    assert "1 set aside" in text(house.get("deliveries/"))
    assert two.pk not in waiting()


def test_all_of_them_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from inbox.actions import deliveries as actions

    monkeypatch.setattr(actions, "AT_ONCE", 2)
    app = house.app()
    made = {aside(app).pk for _ in range(5)}
    assert "5 deliveries are being taken in again." in text(house.post("deliveries/replay/", {"what": "all"}))
    assert waiting() == made


def test_nothing_chosen_and_nonsense_chosen(house: House) -> None:
    aside(house.app())
    assert "Nothing was chosen" in text(house.post("deliveries/replay/"))
    assert "Nothing was chosen" in text(house.post("deliveries/replay/", {"id": ["x", "-1", "9" * 40]}))
    assert "not set aside any more" in text(house.post("deliveries/replay/", {"id": ["123456"]}))
    assert waiting() == set()


def test_a_long_list_has_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PAGE", 2)
    app = house.app()
    made = [aside(app) for _ in range(5)]

    def listed(page: str) -> list[int]:
        return [item.pk for item in made if f"/deliveries/{item.pk}/" in page]

    first = house.get("deliveries/")
    assert listed(first) == [made[3].pk, made[4].pk]
    assert f"?before={made[3].pk}" in first
    last = house.get(f"deliveries/?before={made[1].pk}")
    assert listed(last) == [made[0].pk]
    assert "Older" not in text(last)
    assert listed(house.get("deliveries/?before=nonsense")) == listed(first)


def test_oddities_are_counted_and_a_page_nobody_connected_can_be_connected_from_there(house: House) -> None:
    app, shared = house.app(), house.app(workspace=None)
    example = aside(app, state="done", error="")
    globex = make_house("globex")
    for fields in (
        {
            "app": app,
            "what": "event",
            "label": "feed/foo/add",
            "reason": "no meaning",
            "delivery": example,
            "count": 12,
        },
        {"app": app, "what": "account", "label": "555666777"},
        {"app": shared, "what": "event", "label": "feed/ours/add", "workspace": house.workspace},
        {"app": shared, "what": "event", "label": "feed/theirs/add", "workspace": globex.workspace},
        {"app": shared, "what": "account", "label": "999000999"},
    ):
        Oddity.objects.create(channel="facebook", **fields)
    page = house.get("deliveries/")
    shown = text(page)
    assert "feed/foo/add Our app 12" in shown
    assert f"/deliveries/{example.pk}/" in page
    assert f"accounts/add/{app.pk}/facebook/?id=555666777" in page
    assert "feed/ours/add" in shown
    assert "feed/theirs/add" not in shown
    assert "999000999" not in shown
    overview = text(house.get())
    assert "Our app never 0 13 " in overview
    assert "Our app never – 1 " in overview
