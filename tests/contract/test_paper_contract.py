"""Whatever is asked of the twin, its answer is one its contract names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import tools.paper
from desk.domain.market import Bar
from tools.paper import PaperStore, Tape, app

AS_OF = datetime(2016, 6, 24, tzinfo=UTC)
CONTRACT = yaml.safe_load((Path(tools.paper.__file__).parent / "contract.yaml").read_text())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _flat(price: int) -> Tape:
    figure = Decimal(price)
    return Tape(
        [
            Bar(
                start=AS_OF - timedelta(days=1),
                available_at=AS_OF,
                open=figure,
                high=figure,
                low=figure,
                close=figure,
            )
        ]
    )


#: The store of the running module; opened and closed by ``served``.
STORES: list[PaperStore] = []


async def application(scope, receive, send):
    """The twin over the store that is open."""
    await app(STORES[-1], lambda: AS_OF)(scope, receive, send)


schema = schemathesis.openapi.from_dict(CONTRACT)
schema.config.update(base_url="http://127.0.0.1/api/v1")
schema.app = application
#: What a call needs to get past the door, so that more than refusals is tried.
IDENTITY = {"X-Agent-ID": "a"}


@pytest.fixture(scope="module", autouse=True)
def served() -> Iterator[None]:
    store = PaperStore(":memory:")
    store.open_account("a", as_of=AS_OF, tapes={"A": _flat(1), "SPX-PERP": _flat(2000)})
    STORES.append(store)
    yield
    STORES.pop().close()


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_the_contract_names(case):
    case.call_and_validate(checks=CHECKS, headers=IDENTITY)


@schema.include(operation_id="place").parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_orders_for_a_market_with_a_price_are_answered_by_the_contract(case):
    if isinstance(case.body, dict):
        case.body["symbol"] = "SPX-PERP"
    case.call_and_validate(checks=CHECKS, headers=IDENTITY)
