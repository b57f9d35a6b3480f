"""What is known of eSIMs is asked for anew at their issuer, and refunded ones are switched off once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from aftercare.base.database import utc_now
from aftercare.base.settings import settings
from aftercare.catalogue.load import load_catalogue
from aftercare.catalogue.yaml_file import CatalogueError
from aftercare.connectors.esim_rest import EsimApi, RestEsimProvider, esim_provider, read_api
from aftercare.connectors.esims import EsimWorker, provider_in_use, refresh
from aftercare.connectors.ports import ConnectorError, IssuerPlan, KnownEsim, NotReached, RefusedForGood
from aftercare.orders import payouts
from aftercare.orders.outbox import Outbox
from aftercare.orders.refunds.decide import decide
from aftercare.orders.refunds.load import facts_for
from aftercare.orders.requests import open_request
from aftercare.orders.tables import Esim, OutboxRow, Payout
from aftercare.run.esim_commands import issuer_plans
from tests.support.esim_server import ACCESS_CODE, EsimServer, esim_server
from tests.support.order_rows import NOW, add_order

NUMBER = "NZ10000003"


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[EsimServer]:
    with esim_server() as server:
        for name, value in (
            ("ESIM_PROVIDER", "esimaccess"),
            ("ESIM_PROVIDER_URL", server.url),
            ("ESIM_PROVIDER_KEY", ACCESS_CODE),
        ):
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        provider_in_use.cache_clear()
        yield server
        settings.cache_clear()
        provider_in_use.cache_clear()


def order(engine: Engine, bought: datetime = NOW - timedelta(days=1)) -> str:
    """An order with an eSIM that nobody has used, as far as is known; its ICCID."""
    with Session(engine, future=True) as session:
        add_order(session, bought_at=bought, delivered_at=bought)
        session.commit()
        return session.scalars(sa.select(Esim.iccid)).one()


def row(engine: Engine) -> Esim:
    with Session(engine, future=True, expire_on_commit=False) as session:
        return session.scalars(sa.select(Esim)).one()


def test_what_the_issuer_tells_is_kept_with_its_time(orders_engine: Engine, issuer: EsimServer) -> None:
    issuer.add(order(orders_engine))
    assert refresh(orders_engine, NUMBER, NOW) == NOW
    known = row(orders_engine)
    assert (known.profile_state, known.data_total_mb, known.data_used_mb) == ("enabled", 5120, 1024)
    assert known.expires_at == datetime(2026, 12, 24, 18, 34, 17, tzinfo=UTC)
    assert (known.provider_reference, known.refreshed_at) == ("23120118156818", NOW)


def test_it_is_asked_again_only_when_that_is_old(orders_engine: Engine, issuer: EsimServer) -> None:
    issuer.add(order(orders_engine))
    refresh(orders_engine, NUMBER, NOW)
    assert refresh(orders_engine, NUMBER, NOW + timedelta(minutes=4)) == NOW
    assert issuer.calls == ["query"]
    later = NOW + timedelta(minutes=6)
    assert refresh(orders_engine, NUMBER, later) == later


def test_an_issuer_that_is_away_leaves_what_is_known(orders_engine: Engine, issuer: EsimServer) -> None:
    issuer.add(order(orders_engine))
    refresh(orders_engine, NUMBER, NOW)
    issuer.away = True
    assert refresh(orders_engine, NUMBER, NOW + timedelta(hours=1)) == NOW
    assert row(orders_engine).data_used_mb == 1024


def test_the_day_of_download_is_not_the_end_of_the_plan(orders_engine: Engine, issuer: EsimServer) -> None:
    issuer.add(order(orders_engine), smdpStatus="RELEASED", esimStatus="GOT_RESOURCE", orderUsage=0)
    refresh(orders_engine, NUMBER, NOW)
    assert row(orders_engine).expires_at is None


@pytest.mark.parametrize(("state", "call"), [("RELEASED", "cancel"), ("ENABLED", "revoke")])
async def test_a_paid_refund_switches_the_esim_off_once(
    orders_engine: Engine, issuer: EsimServer, state: str, call: str
) -> None:
    now = utc_now()
    issuer.add(order(orders_engine, now - timedelta(days=1)), smdpStatus=state, esimStatus="GOT_RESOURCE")
    with Session(orders_engine, future=True) as session:
        loaded = facts_for(session, NUMBER, now)
        assert loaded is not None
        open_request(session, NUMBER, "refund", decide(*loaded, "refund"), "c1", now)
        assert session.scalars(sa.select(OutboxRow.key)).all() == []  # not before it is paid
        payouts.pay_by_hand(session, session.scalars(sa.select(Payout.id)).one(), "1", "Mia", 10**9, now)
        session.commit()
    provider = esim_provider(settings())
    assert provider is not None
    outbox = Outbox(orders_engine)
    EsimWorker(orders_engine, provider).register(outbox)
    assert await outbox.deliver("esim_revoke:1") == {"esim_revoke:1": "done"}
    assert issuer.calls == ["query", call]
    assert row(orders_engine).revoked_at is not None
    # a worker that was killed before it could write that down asks again, and does nothing twice
    provider.revoke(KnownEsim(row(orders_engine).iccid))
    assert issuer.calls == ["query", call, "query"]


def test_what_the_issuer_refuses(issuer: EsimServer, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = esim_provider(settings())
    assert provider is not None
    with pytest.raises(RefusedForGood, match="does not know"):
        provider.status(KnownEsim("8964050000000000000"))
    issuer.away = True
    with pytest.raises(NotReached, match="503"):
        provider.status(KnownEsim("8964050000000000000"))
    issuer.away = False
    monkeypatch.setattr(settings(), "esim_provider_key", "wrong")
    provider = esim_provider(settings())
    assert provider is not None
    with pytest.raises(RefusedForGood, match="101003"):
        provider.status(KnownEsim("8964050000000000000"))


def test_another_shape_needs_only_a_file(issuer: EsimServer) -> None:
    api = EsimApi.model_validate(
        {
            "url": issuer.url,
            "headers": {"RT-AccessCode": "{key}"},
            "status": {
                "method": "POST",
                "path": "/open/esim/query",
                "body": {"iccid": "{iccid}"},
                "item": "obj.esimList.0",
                "fields": {
                    "data_total_mb": {"at": "totalVolume", "unit": "bytes"},
                    "data_left_mb": {"at": "orderUsage", "unit": "bytes"},
                },
            },
        }
    )
    issuer.add("8964050000000000000")
    provider = RestEsimProvider(api, "", ACCESS_CODE, "")
    assert provider.status(KnownEsim("8964050000000000000")).values == {"data_total_mb": 5120, "data_used_mb": 4096}
    with pytest.raises(RefusedForGood, match="cannot switch off"):
        provider.revoke(KnownEsim("8964050000000000000"))


def test_wrong_settings_and_files_say_what_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(settings(), "esim_provider", "nobody")
    with pytest.raises(ConnectorError, match="there are: esimaccess"):
        esim_provider(settings())
    monkeypatch.setattr(settings(), "esim_provider", "esimaccess")
    with pytest.raises(ConnectorError, match="ESIM_PROVIDER_KEY"):
        esim_provider(settings())
    path = tmp_path / "issuer.yml"
    path.write_text("url: https://x.example\nstatus:\n  method: PUSH\n  path: /x\n  fields: {}\n")
    with pytest.raises(CatalogueError, match=r"issuer\.yml:3: status\.method"):
        read_api(path)


PACKAGES = [
    {"packageCode": "CKH491", "slug": "NZ_5_15", "name": "New Zealand 5GB 15Days", "price": 57000,
     "currencyCode": "USD", "volume": 5368709120, "duration": 15, "durationUnit": "DAY", "location": "NZ"},
    {"packageCode": "P1", "slug": "AU_1", "name": "Australia", "volume": 1073741824, "duration": 1,
     "durationUnit": "MONTH"},
]  # fmt: skip


def test_the_issuer_lists_its_plans(issuer: EsimServer, monkeypatch: pytest.MonkeyPatch) -> None:
    issuer.packages = PACKAGES
    provider = esim_provider(settings())
    assert isinstance(provider, RestEsimProvider)
    assert provider.plans() == (
        IssuerPlan("CKH491", "New Zealand 5GB 15Days", 5120, 15),
        IssuerPlan("P1", "Australia", 1024, None),
    )
    plan = load_catalogue().plans[0].id
    monkeypatch.setattr(RestEsimProvider, "packages_used", lambda _: {plan: "CKH491", "no-plan": "P2"})
    told = list(issuer_plans())
    assert (f"CKH491  New Zealand 5GB 15Days  5 GB  15 days  {plan}", True) in told
    assert [line for line, fits in told if not fits] == [
        "packages: no-plan: the issuer has no plan P2",
        "packages: no-plan is not in data/catalogue/plans.yml",
    ]
    issuer.away = True
    with pytest.raises(ConnectorError, match="503"):
        list(issuer_plans())
    monkeypatch.setattr(settings(), "esim_provider", "")
    with pytest.raises(ConnectorError, match="ESIM_PROVIDER is empty"):
        list(issuer_plans())
