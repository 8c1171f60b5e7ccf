from collections.abc import Mapping
from typing import Any

from rest_framework.serializers import Serializer


def checked(shape: type[Serializer[Any]], given: Any) -> dict[str, Any]:
    """What was sent, checked; raises DRF's ValidationError naming the fields."""
    serializer = shape(data=given if isinstance(given, Mapping) or hasattr(given, "getlist") else {})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
