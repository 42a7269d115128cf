"""A venue's time that lies on no day of UTC's calendar is no answer; it must not end the session."""

from __future__ import annotations

import pytest

from desk.errors import BadJson
from tools.purple_flea import wire

PROMISES = '"idempotency":true,"client_order_id_lookup":true,"protective_legs":true'
META = '{"mode":"paper","server_time":"%s",' + PROMISES + "}"


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_utc_does_not_have_is_refused(time: str) -> None:
    with pytest.raises(BadJson):
        wire.parse(wire.MetaAnswer, (META % time).encode())


def test_a_time_that_utc_has_is_read() -> None:
    assert wire.parse(wire.MetaAnswer, (META % "2016-06-24T00:00:00+14:00").encode()).server_time
