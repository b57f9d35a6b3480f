"""How the library's calls reach Telegram: over the desk's own HTTP client.

The library's default (httpx) slows down with the square of the calls that wait, looks for an uninstalled module at each
call, and writes addresses, which hold the bot's token, into the log.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_CONNECT_SECONDS = 10.0
# below what Telegram's servers allow: a call on a connection they have just closed might be lost half-way
_KEEPALIVE = 20.0


class BotRequest(BaseRequest):
    """Calls over up to `connections` connections; a call waits for a free one. `read_timeout` in seconds."""

    def __init__(self, connections: int, read_timeout: float) -> None:
        self._connections = connections
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """For an answer to begin and between its parts."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the client; proxies are taken from the environment (HTTPS_PROXY)."""
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=_KEEPALIVE)
        self._session = aiohttp.ClientSession(connector=connector, trust_env=True)

    async def shutdown(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of one call; the library's other time-outs are not used.

        Raises:
            NetworkError: no answer; whether Telegram carried it out is unknown.
        """
        if self._session is None:
            raise NetworkError("not initialized")
        seconds = self._read_timeout if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=seconds)
        try:
            async with self._session.request(method, url, data=_form(request_data), timeout=timeout) as response:
                return response.status, await response.read()
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:  # its text may hold the address and so the token
            raise NetworkError(type(error).__name__) from None


def _form(request_data: RequestData | None) -> aiohttp.FormData | None:
    """core.telegram.org/bots/api#making-requests: a form, with files as its parts."""
    if request_data is None:
        return None
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form
