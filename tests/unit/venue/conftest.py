"""Every floor that a test opened is closed after it."""

from collections.abc import Iterator

import pytest
from trading_floor import OPEN


@pytest.fixture(autouse=True)
def closed_floors() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().store.close()
