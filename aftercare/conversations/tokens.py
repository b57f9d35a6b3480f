"""Tokens that open a conversation: signed, expiring, bound to it, replaced by a newer one at each return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt

from aftercare.base.database import utc_now
from aftercare.conversations.conversation import TokenUse

# seconds in which the token before the newest one still works, so that a second tab can pick up the new one
GRACE = 120.0
_AUDIENCE = "chat"


class TokenError(Exception):
    """The token does not open a conversation; `code` is "token_invalid" or "token_expired"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Token:
    """The claims of a verified token."""

    conversation_id: str
    generation: int
    expires_at: datetime

    @property
    def use(self) -> TokenUse:
        """What the store needs to judge it."""
        return TokenUse(self.generation, GRACE)


class Tokens:
    """Signs and reads tokens with HMAC-SHA256. `lifetime` in seconds."""

    def __init__(self, secret: str, lifetime: float) -> None:
        self._secret = secret
        self._lifetime = timedelta(seconds=lifetime)
        self._verified = lru_cache(maxsize=4096)(self._verify)  # a token comes with every message

    def sign(self, conversation_id: str, generation: int, now: datetime) -> tuple[str, datetime]:
        """A token and the time it expires at (whole seconds)."""
        expires_at = (now + self._lifetime).replace(microsecond=0)
        claims = {"aud": _AUDIENCE, "sub": conversation_id, "gen": generation, "exp": expires_at}
        return jwt.encode(claims, self._secret, algorithm="HS256"), expires_at

    def read(self, token: str) -> Token:
        """The claims of a token.

        Raises:
            TokenError: its signature is not ours, or it has expired.
        """
        verified = self._verified(token)
        if verified.expires_at <= utc_now():
            raise TokenError("token_expired")
        return verified

    def _verify(self, token: str) -> Token:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": ["exp", "sub", "aud", "gen"]},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("token_expired") from None
        except (jwt.InvalidTokenError, ValueError):
            raise TokenError("token_invalid") from None
        expires_at = datetime.fromtimestamp(claims["exp"], tz=UTC)
        return Token(str(claims["sub"]), int(claims["gen"]), expires_at)
