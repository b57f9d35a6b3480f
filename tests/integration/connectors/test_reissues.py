"""A spent eSIM is replaced once by an issuer that does that, and told in the chat; else a person gets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.settings import settings
from aftercare.connectors.esims import EsimWorker, can_reissue, provider_in_use
from aftercare.orders import reissues
from aftercare.orders.order_messages import ORDER_MESSAGE
from aftercare.orders.outbox import Outbox, OutboxPolicy
from aftercare.orders.tables import Esim, OutboxRow, Ticket
from tests.support.esim_server import ACCESS_CODE, EsimServer, esim_server
from tests.support.order_rows import NOW, add_order

NUMBER = "NZ10000003"
ISSUER = """
url: https://api.issuer.example.com
headers: {RT-AccessCode: "{key}"}
success: {at: success, among: ["true"]}
error: errorCode
status: {method: POST, path: /open/esim/query, body: {iccid: "{iccid}"}, item: obj.esimList.0, fields: {eid: {at: eid}}}
reissue:
  method: POST
  path: /esims/{iccid}/replace
  body: {reference: "{transaction}"}
  item: data
  fields: {iccid: iccid, activation_code: lpa, provider_reference: id}
top_up:
  method: POST
  path: /esims/{iccid}/packages
  body: {package: "{package}", reference: "{transaction}"}
  packages: {nz-5gb: NZ_5}
  done_before: {at: errorCode, among: [duplicate_reference]}
exchange:
  method: POST
  path: /esims/{iccid}/replace
  body: {reference: "{transaction}", package: "{package}"}
  packages: {nz-10gb: NZ_10}
  item: data
  fields: {iccid: iccid, activation_code: lpa, provider_reference: id}
"""


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[EsimServer]:
    (tmp_path / "issuer.yml").write_text(ISSUER)
    with esim_server() as server:
        for name, value in (
            ("ESIM_PROVIDER", str(tmp_path / "issuer.yml")),
            ("ESIM_PROVIDER_URL", server.url),
            ("ESIM_PROVIDER_KEY", ACCESS_CODE),
        ):
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        provider_in_use.cache_clear()
        yield server
    settings.cache_clear()
    provider_in_use.cache_clear()


def ask(engine: Engine, **esim: Any) -> bool:
    with Session(engine, future=True) as session, session.begin():
        purchase = add_order(session)
        assert purchase.esim is not None
        for name, value in {"profile_state": "installed", **esim}.items():
            setattr(purchase.esim, name, value)
        session.flush()
        return reissues.ask(session, NUMBER, "c1", "en", NOW)


async def deliver(engine: Engine) -> str:
    provider = provider_in_use()
    assert provider is not None
    outbox = Outbox(engine, OutboxPolicy(first_pause=0))
    EsimWorker(engine, provider).register(outbox)
    with Session(engine, future=True) as session:
        key = session.scalars(sa.select(OutboxRow.key).where(OutboxRow.kind == reissues.REISSUE)).one()
    return (await outbox.deliver(key))[key]


def messages(engine: Engine) -> list[str]:
    with Session(engine, future=True) as session:
        rows = session.scalars(sa.select(OutboxRow.payload).where(OutboxRow.kind == ORDER_MESSAGE))
        return [str(each["phrase"]) for each in rows]


async def test_a_spent_esim_is_replaced_once_also_when_the_answer_is_lost(
    orders_engine: Engine, issuer: EsimServer
) -> None:
    assert can_reissue()
    assert ask(orders_engine)
    issuer.loses_answers = 1
    assert await deliver(orders_engine) == "waiting"
    assert messages(orders_engine) == []
    assert await deliver(orders_engine) == "done"
    assert len(issuer.transactions) == 1
    with Session(orders_engine, future=True) as session:
        esim = session.scalars(sa.select(Esim)).one()
        assert (esim.iccid, esim.smdp_address, esim.matching_id) == ("8964050000000000001", "rsp.example.com", "NEW-1")
        assert (esim.profile_state, esim.provider_reference) == ("released", "r1")
        assert not reissues.ask(session, NUMBER, "c1", "en", NOW)  # the new one is unused
        esim.profile_state = "deleted"
        assert not reissues.ask(session, NUMBER, "c1", "en", NOW)  # once for each order: a person looks
    assert messages(orders_engine) == ["reissue_done"]


async def test_what_the_issuer_refuses_is_a_persons(orders_engine: Engine, issuer: EsimServer) -> None:
    assert ask(orders_engine, profile_state="deleted", data_used_mb=300)
    issuer.refuses = True
    assert await deliver(orders_engine) == "done"
    assert messages(orders_engine) == ["reissue_by_person"]
    with Session(orders_engine, future=True) as session:
        assert session.scalars(sa.select(Ticket.reason)).all() == ["reissue"]


@pytest.mark.parametrize(
    "esim",
    [
        {"profile_state": "released"},
        {"profile_state": "enabled"},
        {"data_used_mb": 5},
        {"registered": True},
        {"profile_state": "deleted", "expires_at": NOW - timedelta(days=1)},
    ],
)
def test_what_may_still_work_is_not_replaced(orders_engine: Engine, esim: dict[str, Any]) -> None:
    assert not ask(orders_engine, **esim)
