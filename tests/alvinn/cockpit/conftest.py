"""One desktop for all tests of the cockpit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.alvinn.cockpit.desktop import Desktop, desktop


@pytest.fixture(scope="package")
def screen() -> Iterator[Desktop]:
    """A real X server with a keyboard and a mouse."""
    with desktop() as screen:
        yield screen
