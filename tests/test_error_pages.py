"""What a person sees where nothing is, or something broke: our own page, in their language, without a secret."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults

TEXTS = {
    "en": ("There is nothing here", "This is not for you", "Something broke on our side", "This form is out of date"),
    "fr": ("Il n’y a rien ici", "Ceci n’est pas pour vous", "Quelque chose s’est cassé", "Ce formulaire n’est plus"),
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_errors_have_pages_of_their_own(db, language):
    nothing, forbidden, broken, forged = TEXTS[language]
    client = Client(headers={"accept-language": language})
    response = client.get("/there/is/no/such/page/")
    assert response.status_code == 404
    assert nothing in response.content.decode()
    strict = Client(enforce_csrf_checks=True, headers={"accept-language": language})
    response = strict.post("/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert forged in response.content.decode()
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with translation.override(language):
        assert forbidden in defaults.permission_denied(request, PermissionDenied()).content.decode()
        page = defaults.server_error(request).content.decode()
    assert broken in page
    assert "csrf-token" not in page
