from collections.abc import Iterator

import pytest

from tests.connectors.blog.host import Host, running


@pytest.fixture
def host() -> Iterator[Host]:
    with running() as there:
        yield there
