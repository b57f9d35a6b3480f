"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238) and single-use recovery codes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp
import segno
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.engine import Engine

from aftercare.base.settings import Settings
from aftercare.staff.access.sessions import hashed
from aftercare.staff.access.tables import staff, staff_recovery_code

ISSUER = "eSIM aftercare"
RECOVERY_CODES = 10
STEP = 30  # seconds of a TOTP time step
_OFFER_LIVES = 900  # seconds in which an offered secret can be accepted


def _cipher(settings: Settings) -> Fernet:
    """Encrypts TOTP secrets; the key is outside the database, whose copy is then not enough to sign in."""
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(settings.secret("staff").encode()).digest()))


def offer(settings: Settings, staff_id: int) -> str:
    """A new TOTP secret, encrypted for this member; nothing is stored until `accept_offer`."""
    return _cipher(settings).encrypt(json.dumps([staff_id, pyotp.random_base32()]).encode()).decode()


def opened(settings: Settings, staff_id: int, sealed: str) -> str | None:
    """The secret of an offer in Base32; None when it has expired, is forged or was made for another member."""
    try:
        owner, secret = json.loads(_cipher(settings).decrypt(sealed.encode(), ttl=_OFFER_LIVES))
    except (InvalidToken, ValueError):
        return None
    return str(secret) if owner == staff_id else None


def qr_picture(secret: str, email: str) -> str:
    """The `otpauth:` URI as a QR code, an SVG data URL."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return str(segno.make(uri, error="m").svg_data_uri(scale=5, border=3, dark="#000", light="#fff"))


def _step_of(secret: str, code: str, now: datetime, after: int | None) -> int | None:
    """The time step of `code`, if it is the present one or a neighbour and later than `after`, else None."""
    present = int(now.timestamp()) // STEP
    for step in (present - 1, present, present + 1):
        right = pyotp.TOTP(secret).at(step * STEP)
        if (after is None or step > after) and secrets.compare_digest(right.encode(), code.encode()):
            return step
    return None


def accept_offer(
    engine: Engine, settings: Settings, staff_id: int, sealed: str, code: str, now: datetime, *, replace: bool
) -> bool:
    """Store an offered secret if `code` proves it; whether it was. `replace` permits to overwrite an earlier one."""
    secret = opened(settings, staff_id, sealed)
    step = _step_of(secret, _digits(code), now, None) if secret else None
    if secret is None or step is None:
        return False
    kept = _cipher(settings).encrypt(secret.encode()).decode()
    free = sa.true() if replace else staff.c.totp_secret.is_(None)
    store = sa.update(staff).where(staff.c.id == staff_id, free).values(totp_secret=kept, totp_step=step)
    with engine.begin() as connection:
        return bool(connection.execute(store).rowcount)


def new_recovery_codes(engine: Engine, staff_id: int) -> list[str]:
    """Ten new recovery codes of 80 random bits, which replace the old ones; only their hashes are stored."""
    raw = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    with engine.begin() as connection:
        connection.execute(sa.delete(staff_recovery_code).where(staff_recovery_code.c.staff_id == staff_id))
        rows = [{"staff_id": staff_id, "code_hash": hashed(code)} for code in raw]
        connection.execute(sa.insert(staff_recovery_code), rows)
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in raw]


def check_code(engine: Engine, settings: Settings, staff_id: int, code: str, now: datetime) -> str | None:
    """ "totp" or "recovery" when the code is valid, else None. Each code is accepted once."""
    entered = _digits(code)
    with engine.begin() as connection:
        if not re.fullmatch("[0-9]{6}", entered):
            plain = hashed(entered.replace("-", "").lower())
            mine = staff_recovery_code.c.staff_id == staff_id
            used = sa.delete(staff_recovery_code).where(mine, staff_recovery_code.c.code_hash == plain)
            return "recovery" if connection.execute(used).rowcount else None
        row = connection.execute(sa.select(staff).where(staff.c.id == staff_id)).one()
        if row.totp_secret is None:
            return None
        secret = _cipher(settings).decrypt(row.totp_secret.encode()).decode()
        step = _step_of(secret, entered, now, row.totp_step)
        if step is None:
            return None
        unused = sa.or_(staff.c.totp_step.is_(None), staff.c.totp_step < step)
        taken = sa.update(staff).where(staff.c.id == staff_id, unused).values(totp_step=step)
        return "totp" if connection.execute(taken).rowcount else None


def _digits(code: str) -> str:
    """The code without white space, full-width characters as ASCII (NFKC)."""
    return "".join(unicodedata.normalize("NFKC", code).split())
