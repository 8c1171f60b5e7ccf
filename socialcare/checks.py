"""`manage.py check` refuses a model that has not decided about tenancy, a role the walls do not hold, and bad keys."""

from typing import Any

from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from socialcare.tenancy import WorkspaceOwned

SHARED = {"User", "Workspace", "Membership", "PlatformApp", "Delivery", "DeliveryBody", "Oddity"}
NEW_KEY = "make one with `python manage.py new_key`"
OURS = ("socialcare", "connectors", "sla", "inbox")


@register()
def every_model_has_a_workspace(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [
        Error(
            f"{model.__name__} holds data of no workspace", hint="extend WorkspaceOwned", obj=model, id="tenancy.E001"
        )
        for model in apps.get_models()
        if model._meta.app_label in OURS and model.__name__ not in SHARED and not issubclass(model, WorkspaceOwned)
        if not model._meta.auto_created
    ]


@register()
def the_keys_are_keys(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    try:
        for key in settings.FIELD_KEYS:
            Fernet(key)
    except ValueError:
        return [Error("FIELD_KEYS holds what is no key", hint=NEW_KEY, id="secrets.E001")]
    return []


@register(deploy=True)
def there_is_a_key(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [] if settings.FIELD_KEYS else [Error("FIELD_KEYS is empty", hint=NEW_KEY, id="secrets.E002")]


@register(Tags.database)
def the_role_is_ordinary(app_configs: object, databases: Any = None, **kwargs: object) -> list[CheckMessage]:
    return [problem for alias in databases or () for problem in role_problems(alias)]


def role_problems(alias: str = "default") -> list[CheckMessage]:
    """A superuser or BYPASSRLS role walks through row-level security."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        is_super, bypasses = cursor.fetchone()
    if not (is_super or bypasses):
        return []
    hint = "connect as an ordinary role: NOSUPERUSER NOBYPASSRLS"
    return [Error("the database role ignores row-level security", hint=hint, id="tenancy.E002")]
