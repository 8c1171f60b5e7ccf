"""The blogs these tests run against: the fake one always, a real WordPress where it can be had."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.real.simulated import simulated
from tests.real.wordpress import Blog, WordPress, missing, wordpress


@pytest.fixture(scope="session")
def real_wordpress() -> Iterator[WordPress]:
    if lack := missing():
        pytest.skip(lack)
    with wordpress() as site:
        yield site


@pytest.fixture(scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.real)])
def blog(request: pytest.FixtureRequest) -> Iterator[Blog]:
    with ExitStack() as stack:
        if request.param == "real":
            yield request.getfixturevalue("real_wordpress")
        else:
            yield stack.enter_context(simulated())
