"""Signing in: guessing is slowed down where it comes from, and locks nobody else out."""

from __future__ import annotations

import pytest
from django.test import Client

from inbox.views import sign_in
from socialcare.valkey import valkey
from tests.conftest import PASSWORD


def attempt(email, password="wrong", *, address="203.0.113.1", forwarded=None):
    """Whether it led in, and what was said."""
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    answer = Client().post("/login/", {"username": email, "password": password}, REMOTE_ADDR=address, **more)
    return answer.status_code == 302, answer.content.decode()


def test_guessing_one_password_is_slowed_down_for_the_guesser_only(acme, alice):
    email = alice.user.email
    for _ in range(sign_in.TRIES):
        assert "Too many attempts" not in attempt(email)[1]
    assert "Too many attempts" in attempt(email, PASSWORD)[1]
    assert attempt(email, PASSWORD, address="203.0.113.2")[0]
    assert valkey().ttl(sign_in._counter(f"{email} 203.0.113.1")) > 0


def test_trying_one_password_on_everybody_is_slowed_down_too(acme, alice, monkeypatch):
    monkeypatch.setattr(sign_in, "TRIES_OF_ADDRESS", 5)
    for _ in range(7):
        assert attempt(alice.user.email, PASSWORD)[0]
    for number in range(5):
        assert "Too many attempts" not in attempt(f"{number}@acme.example")[1]
    assert "Too many attempts" in attempt("6@acme.example")[1]


@pytest.mark.parametrize("behind", [True, False])
def test_the_address_is_the_proxy_s_word_where_there_is_a_proxy_and_nobody_s_else(acme, alice, settings, behind):
    settings.BEHIND_PROXY = behind
    for number in range(sign_in.TRIES + 1):
        invented = f"198.51.100.{number}, 203.0.113.9" if behind else f"198.51.100.{number}"
        _, said = attempt(alice.user.email, forwarded=invented)
    assert "Too many attempts" in said
    assert attempt(alice.user.email, PASSWORD, forwarded="203.0.113.10")[0] is behind


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_it_leads_nowhere_else(acme, alice, place):
    form = {"username": alice.user.email, "password": PASSWORD, "next": place}
    assert Client().post("/login/", form).headers["location"] == "/"
