"""Signing in: links, passwords, the second factor, throttling, cookies, ends of sessions, forged requests."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from aftercare.base.database import utc_now
from aftercare.staff.access import passwords
from aftercare.staff.access.permissions import add_audit_entry
from aftercare.staff.access.tables import audit_entry, staff, staff_session
from aftercare.staff.people import accounts, second_factor, throttle
from aftercare.staff.people.login import next_page
from aftercare.web.context import DESK
from tests.support.staff_client import StaffClient

Sign = Callable[..., StaffClient]
PASSWORD = "tui on the kowhai tree"


def database(desk: Any) -> Engine:
    return desk.app[DESK].store.engine


async def field(answer: aiohttp.ClientResponse, name: str) -> str:
    """The value of an input of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', await answer.text())
    assert found, await answer.text()
    return html.unescape(found[1])


async def submit(client: StaffClient, page: str, action: str | None = None, **values: str) -> aiohttp.ClientResponse:
    """Open a page and send its form, as a browser without scripts does."""
    answer = await client.get(page)
    assert answer.status in (200, 410), answer.status
    return await client.post(action or page, {"csrf": await field(answer, "csrf"), **values})


async def log_in(client: StaffClient, email: str, password: str = PASSWORD, **values: str) -> aiohttp.ClientResponse:
    return await submit(client, "/desk/login", email=email, password=password, **values)


def employ(desk: Any, email: str = "mere@desk.example", role: str = "agent") -> int:
    """An account whose password is PASSWORD."""
    engine = database(desk)
    _, secret = accounts.add(engine, email, role)
    return accounts.use_link(engine, secret, email, "Mere", passwords.hash_now(PASSWORD), "en")


def totp_of(desk: Any, staff_id: int) -> pyotp.TOTP:
    """Give an account an authenticator that was never used."""
    settings, engine = desk.settings, database(desk)
    offer = second_factor.offer(settings, staff_id)
    secret = second_factor.opened(settings, staff_id, offer)
    assert secret
    code, now = pyotp.TOTP(secret).now(), utc_now()
    assert second_factor.accept_offer(engine, settings, staff_id, offer, code, now, replace=False)
    with engine.begin() as connection:
        connection.execute(sa.update(staff).values(totp_step=None))
    return pyotp.TOTP(secret)


async def test_the_first_administrator_comes_by_a_link_that_works_once(desk: Any, as_role: Sign) -> None:
    link = accounts.first_admin_link(database(desk), desk.settings)
    assert link
    path = link.removeprefix(desk.settings.public_url)
    visitor = as_role(None)
    details = {"email": "Aroha@Desk.example", "name": "Aroha", "password": PASSWORD}
    answer = await submit(visitor, path, **details, again="something else")
    assert answer.status == 422
    assert "The two passwords differ" in await answer.text()
    assert await field(answer, "name") == "Aroha"
    answer = await submit(visitor, path, **details, again=PASSWORD)
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/desk/login/authenticator")
    assert (await visitor.get("/desk/people")).status == 303  # a password alone opens nothing

    page = await visitor.get("/desk/login/authenticator")
    key = re.search(r'class="key">([A-Z2-7 ]+)<', await page.text())
    assert key
    sent = {"csrf": await field(page, "csrf"), "offer": await field(page, "offer"), "next": "/desk/people"}
    totp = pyotp.TOTP(key[1].replace(" ", ""))
    wrong = f"{(int(totp.now()) + 500_000) % 1_000_000:06}"
    assert (await visitor.post("/desk/login/authenticator", {**sent, "code": wrong})).status == 422
    answer = await visitor.post("/desk/login/authenticator", {**sent, "code": totp.now()})
    codes = re.findall(r"<code>([a-z2-7-]{19})</code>", await answer.text())
    assert len(set(codes)) == 10
    assert (await visitor.get("/desk/people")).status == 200

    assert (await as_role(None).get(path)).status == 410
    assert accounts.first_admin_link(database(desk), desk.settings) is None
    other = as_role(None)
    answer = await log_in(other, "aroha@desk.example", next="/desk/audit")
    assert answer.headers["Location"] == "/desk/login/code?next=/desk/audit"
    answer = await submit(other, "/desk/login/code", code=codes[0].upper().replace("-", " "), next="/desk/audit")
    assert answer.headers["Location"] == "/desk/audit"
    assert "You used a recovery code" in await (await other.get("/desk/audit")).text()
    await other.session.close()
    third = as_role(None)
    await log_in(third, "aroha@desk.example")
    assert (await submit(third, "/desk/login/code", code=codes[0])).status == 401  # it worked once


async def test_a_new_link_ends_the_one_before_and_a_day_later_none_works(desk: Any, as_role: Sign) -> None:
    engine = database(desk)
    first, second = (accounts.first_admin_link(engine, desk.settings) for _ in range(2))
    assert first
    assert second
    old, new = (link.rpartition("/")[2] for link in (first, second))
    assert accounts.find_link(engine, old, utc_now()) is None
    assert accounts.find_link(engine, new, utc_now()) is not None
    assert accounts.find_link(engine, new, utc_now() + timedelta(hours=24)) is None
    answer = await as_role(None).get(f"/desk/welcome/{old}")
    assert answer.status == 410
    assert "has been used" in await answer.text()


async def test_the_first_administrators_link_ends_when_there_is_one(desk: Any, as_role: Sign) -> None:
    link = accounts.first_admin_link(database(desk), desk.settings)
    assert link
    employ(desk, role="admin")
    path = link.removeprefix(desk.settings.public_url)
    assert (await as_role(None).get(path)).status == 410
    with pytest.raises(accounts.AccountError):
        accounts.use_link(database(desk), path.rpartition("/")[2], "thief@desk.example", "Thief", "hash", "en")


async def test_somebody_invited_sets_a_password_and_signs_in(desk: Any, as_role: Sign) -> None:
    admin = as_role("admin")
    answer = await admin.post("/desk/people", {"email": "Hemi@desk.example", "role": "annotator", "language": "zh"})
    link = re.search(r"/desk/welcome/[\w-]+", await answer.text())
    assert link
    assert link[0] not in await (await admin.get("/desk/people")).text()  # shown once
    newcomer = as_role(None)
    short = await submit(newcomer, link[0], name="Hemi", password="short", again="short")
    assert "at least 12" in await short.text()
    answer = await submit(newcomer, link[0], email="boss@desk.example", name="Hemi", password=PASSWORD, again=PASSWORD)
    assert answer.headers["Location"] == "/desk"
    page = await (await newcomer.get("/desk/profile")).text()
    assert "hemi@desk.example" in page
    assert "标注员" in page
    taken = await admin.post("/desk/people", {"email": "hemi@desk.example ", "role": "agent"})
    assert taken.status == 422
    assert "There is an account" in await taken.text()


async def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(desk: Any, as_role: Sign) -> None:
    employ(desk)
    client = as_role(None)
    answers = []
    for email in ("mere@desk.example", "nobody@desk.example"):
        answer = await log_in(client, email, "not this one")
        assert answer.status == 401
        answers.append((await answer.text()).replace(email, "…"))
    assert answers[0] == answers[1]
    assert (await log_in(client, " MERE@desk.example", next="//evil.example")).headers["Location"] == "/desk"


@pytest.mark.parametrize(
    ("wanted", "goal"),
    [
        ("/desk/audit?actor=a&last=2026-01-01", "/desk/audit?actor=a&last=2026-01-01"),
        ("//evil.example/desk", "/desk"),
        ("https://evil.example/desk/", "/desk"),
        ("/desk.evil.example", "/desk"),
        ("/desk/..//evil.example", "/desk"),
        ("/desk/\\evil.example", "/desk"),
        ("/desk/\r\nSet-Cookie: x", "/desk"),
        ("", "/desk"),
        (None, "/desk"),
    ],
)
def test_signing_in_leads_to_pages_of_the_desk_only(wanted: str | None, goal: str) -> None:
    assert next_page(wanted) == goal


async def test_too_many_attempts_wait(desk: Any, as_role: Sign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PER_ACCOUNT", 3)
    employ(desk)
    client = as_role(None)
    for _ in range(3):
        assert (await log_in(client, "mere@desk.example", "wrong password")).status == 401
    answer = await log_in(client, "mere@desk.example")
    assert answer.status == 429
    assert "try again in 15 min" in await answer.text()
    engine, later = database(desk), utc_now() + timedelta(minutes=16)
    assert throttle.take_attempt(engine, "mere@desk.example", "192.0.2.1", later) == 0


async def test_one_address_cannot_try_many_accounts(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PER_ADDRESS", 4)
    engine, now = database(desk), utc_now()
    waits = [throttle.take_attempt(engine, f"{n}@desk.example", "192.0.2.7", now) for n in range(6)]
    assert waits == [0, 0, 0, 0, 15, 15]
    assert throttle.take_attempt(engine, "0@desk.example", "192.0.2.8", now) == 0


async def test_the_code_of_the_authenticator_works_once(desk: Any, as_role: Sign) -> None:
    totp = totp_of(desk, employ(desk))
    first, second = as_role(None), as_role(None)
    for client in (first, second):
        answer = await log_in(client, "mere@desk.example")
        assert answer.headers["Location"].startswith("/desk/login/code")
        assert (await client.get("/desk/profile")).status == 303
        # nor may the one who only knows the password set up an authenticator of their own
        assert (await client.get("/desk/login/authenticator")).headers["Location"] == "/desk/login/code"
    code = totp.now()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert (await submit(first, "/desk/login/code", code=f" {wide[:3]} {wide[3:]}")).status == 303
    assert (await first.get("/desk/profile")).status == 200
    answer = await submit(second, "/desk/login/code", code=code)
    assert answer.status == 401
    assert "has been used" in await answer.text()


async def test_the_secret_of_the_cookie_changes_when_somebody_signs_in_and_out(desk: Any, as_role: Sign) -> None:
    employ(desk)
    client = as_role(None)

    async def cookie() -> str:
        await client.get("/desk/login")
        return {each.key: each.value for each in client.session.cookie_jar}["desk-session-on-this-computer"]

    before = await cookie()
    await log_in(client, "mere@desk.example")
    during = await cookie()
    with database(desk).connect() as connection:
        stored = connection.execute(sa.select(staff_session.c.id)).scalars().all()
    assert stored
    assert during not in stored
    page = await client.get("/desk/profile")
    await client.post("/desk/logout", {"csrf": await field(page, "csrf")})
    after = await cookie()
    assert len({before, during, after}) == 3
    client.session.cookie_jar.update_cookies({"desk-session-on-this-computer": during})
    assert (await client.get("/desk/profile")).status == 303  # the session is over on our side too


async def test_over_https_the_cookie_is_bound_to_the_host(
    start_desk: Callable[..., Awaitable[Any]], http: aiohttp.ClientSession
) -> None:
    desk = await start_desk(PUBLIC_URL="https://help.example.com")
    async with http.get(f"{desk.url}/desk/login") as answer:
        cookie = next(each for each in answer.headers.getall("Set-Cookie") if "session" in each)
    assert cookie.startswith("__Host-desk-session=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(("column", "age"), [("seen_at", 1801), ("started_at", 12 * 3600 + 1)])
async def test_a_session_ends_when_idle_and_after_a_day_of_work(
    desk: Any, as_role: Sign, column: str, age: int
) -> None:
    client = as_role("agent")
    engine = database(desk)

    def move(seconds: int) -> None:
        with engine.begin() as connection:
            connection.execute(sa.update(staff_session).values({column: utc_now() - timedelta(seconds=seconds)}))

    move(age - 120)
    assert (await client.get("/desk/profile")).status == 200
    move(age)
    assert (await client.get("/desk/profile")).status == 303
    answer = await client.post("/desk/profile", {"name": "X"}, htmx=True)
    assert answer.status == 401
    assert "Sign in again in another tab" in await answer.text()


async def test_activity_keeps_a_session_alive(desk: Any, as_role: Sign) -> None:
    client, engine = as_role("agent"), database(desk)
    with engine.begin() as connection:
        connection.execute(sa.update(staff_session).values(seen_at=utc_now() - timedelta(seconds=1500)))

    def seen() -> timedelta:
        with engine.connect() as connection:
            return utc_now() - connection.execute(sa.select(staff_session.c.seen_at)).scalar()

    # an open page that looks for news by itself is no activity
    assert (await client.get("/desk/profile", headers={"Sec-Fetch-Mode": "cors"})).status == 200
    assert seen() > timedelta(seconds=1400)
    assert (await client.post("/desk/active", headers={"Sec-Fetch-Mode": "cors"})).status == 204
    assert seen() < timedelta(seconds=60)


async def test_forms_of_other_sites_do_nothing(desk: Any, as_role: Sign) -> None:
    client = as_role("agent")
    assert client.colleague
    token = client.colleague.csrf
    sent = {"name": "Hijacked", "language": "en"}
    for headers, body in (
        ({"Origin": "https://evil.example", "X-CSRF-Token": token}, sent),
        ({"Origin": "null", "X-CSRF-Token": token}, sent),
        ({"X-CSRF-Token": token}, sent),
        ({"Origin": desk.url}, sent),
        ({"Origin": desk.url}, {**sent, "csrf": "0" * 64}),
        ({"Origin": desk.url, "X-CSRF-Token": "é"}, sent),
        ({"Origin": desk.url.replace("127.0.0.1", "127.0.0.1.evil.example")}, {**sent, "csrf": token}),
    ):
        answer = await client.request("POST", "/desk/profile", data=body, headers=headers)
        assert answer.status == 403, headers
    with database(desk).connect() as connection:
        assert connection.execute(sa.select(staff.c.name)).scalars().all() == ["Agent"]
    answer = await client.request("POST", "/desk/profile", data={**sent, "csrf": token}, headers={"Origin": desk.url})
    assert answer.status == 303


async def test_a_changed_password_ends_the_other_sessions(desk: Any, as_role: Sign) -> None:
    staff_id = employ(desk)
    first, second = as_role(None), as_role(None)
    for client in (first, second):
        await log_in(client, "mere@desk.example")
    new = "weta under the bark"
    fields = {"new": new, "again": new}
    wrong = await submit(first, "/desk/profile", "/desk/profile/password", password="no idea at all", **fields)
    assert wrong.status == 303
    assert "Nothing was changed" in await (await first.get("/desk/profile")).text()
    await submit(first, "/desk/profile", "/desk/profile/password", password=PASSWORD, **fields)
    assert (await first.get("/desk/profile")).status == 200
    assert (await second.get("/desk/profile")).status == 303
    account = accounts.by_id(database(desk), staff_id)
    assert account
    assert account.password_hash.startswith("$argon2id$")
    assert await passwords.matches(account.password_hash, new)


async def test_sign_out_everywhere(desk: Any, as_role: Sign) -> None:
    phone, laptop = as_role("agent"), as_role("agent")
    answer = await laptop.post("/desk/profile/sessions/end", {"all": "1"})
    assert answer.headers["Location"] == "/desk/login"
    for client in (phone, laptop):
        assert (await client.get("/desk/profile")).status == 303


async def test_rights_change_at_once(desk: Any, as_role: Sign) -> None:
    admin, agent, lead = as_role("admin"), as_role("agent"), as_role("lead")
    assert agent.colleague
    assert lead.colleague
    await admin.post(f"/desk/people/{agent.colleague.id}/role", {"role": "viewer"})
    await admin.post(f"/desk/people/{lead.colleague.id}/disable")
    assert (await agent.get("/desk/profile")).status == 303
    assert (await lead.get("/desk/profile")).status == 303
    assert admin.colleague
    await admin.post(f"/desk/people/{admin.colleague.id}/disable")
    assert "Another administrator has to change" in await (await admin.get("/desk/people")).text()
    account = accounts.by_email(database(desk), agent.colleague.email)
    assert account
    assert account.role == "viewer"
    assert accounts.by_email(database(desk), lead.colleague.email) is None


async def test_the_last_administrator_stays(desk: Any) -> None:
    engine = database(desk)
    staff_id = employ(desk, role="admin")
    for values in ({"role": "lead"}, {"disabled_at": utc_now()}):
        with pytest.raises(accounts.AccountError) as refused:
            accounts.change(engine, staff_id, **values)
        assert refused.value.key == "people.last_admin"
    accounts.add(engine, "invited@desk.example", "admin")  # never signed in, so does not count
    with pytest.raises(accounts.AccountError):
        accounts.change(engine, staff_id, role="lead")
    account = accounts.by_id(engine, staff_id)
    assert account
    assert (account.role, account.disabled_at) == ("admin", None)


async def test_an_administrator_cannot_do_without_the_second_factor(desk: Any, as_role: Sign) -> None:
    admin = as_role("admin")
    answer = await admin.post("/desk/profile/authenticator/remove", {"password": PASSWORD})
    assert answer.status == 403
    agent = as_role(None)
    totp = totp_of(desk, employ(desk))
    await log_in(agent, "mere@desk.example")
    await submit(agent, "/desk/login/code", code=totp.now())
    await submit(agent, "/desk/profile", "/desk/profile/authenticator/remove", password=PASSWORD)
    page = await (await agent.get("/desk/profile")).text()
    assert "The authenticator app is removed" in page
    assert "Set up an authenticator app" in page


async def test_the_record_tells_what_was_done_and_gives_a_safe_file(desk: Any, as_role: Sign) -> None:
    admin = as_role("admin")
    await admin.post("/desk/people", {"email": "hemi@desk.example", "role": "agent"})
    add_audit_entry(database(desk), "test.formula", "=1+1", {"note": "@SUM(A1)"}, actor="+cmd")
    page = await (await admin.get("/desk/audit?action=staff.")).text()
    assert "staff.invited" in page
    assert "test.formula" not in page
    assert "Nothing matches" in await (await admin.get("/desk/audit?last=2000-01-01")).text()
    answer = await admin.get("/desk/audit.csv?action=test")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    line = (await answer.text()).splitlines()[-1]
    assert "'=1+1" in line
    assert "'+cmd" in line
    assert "audit.exported" in await (await admin.get("/desk/audit?actor=admin")).text()
    assert "audit.exported" in await (await admin.get("/desk/audit?first=0001-01-01&last=9999-12-31")).text()


async def test_the_record_has_pages(desk: Any, as_role: Sign) -> None:
    engine = database(desk)
    for number in range(60):
        add_audit_entry(engine, "test.page", f"n{number}")
    admin = as_role("lead")
    first = await (await admin.get("/desk/audit")).text()
    older = re.search(r'href="(/desk/audit\?[^"]*before=\d+)"', first)
    assert older
    second = await (await admin.get(html.unescape(older[1]))).text()
    found = [re.findall(r">n(\d+)<", page) for page in (first, second)]
    assert [int(n) for page in found for n in page] == list(range(59, -1, -1))


def test_nothing_is_removed_from_the_record(desk_engine: Engine) -> None:
    add_audit_entry(desk_engine, "login", "staff:1", actor="a@desk.example")
    for change in (sa.update(audit_entry).values(actor="somebody else"), sa.delete(audit_entry)):
        with pytest.raises(DBAPIError, match="append-only"), desk_engine.begin() as connection:
            connection.execute(change)
    if desk_engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError, match="append-only"), desk_engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE audit_entry"))
    with desk_engine.connect() as connection:
        assert connection.execute(sa.select(audit_entry.c.actor)).scalars().all() == ["a@desk.example"]


def test_a_link_is_used_once_by_two_who_use_it_at_once(desk_engine: Engine) -> None:
    _, secret = accounts.add(desk_engine, "hemi@desk.example", "agent")
    assert accounts.use_link(desk_engine, secret, "hemi@desk.example", "Hemi", "hash", "en")
    with pytest.raises(accounts.AccountError) as refused:
        accounts.use_link(desk_engine, secret, "hemi@desk.example", "Thief", "other", "en")
    assert refused.value.key == "people.link_over"
    account = accounts.by_email(desk_engine, "hemi@desk.example")
    assert account
    assert (account.name, account.password_hash) == ("Hemi", "hash")
