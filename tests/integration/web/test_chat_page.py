"""The page at / and what it may load."""

from __future__ import annotations

import re

from tests.support.chat_client import ChatClient


async def test_the_page_loads_only_our_own_files_and_no_inline_script(traveller: ChatClient) -> None:
    async with traveller.session.get(f"{traveller.base}/chat") as response:
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", page)
    for path in re.findall(r'(?:src|href)="([^"]+)"', page):
        if path.startswith("data:"):
            continue
        assert path.startswith("/")
        async with traveller.session.get(traveller.base + path) as response:
            assert response.status == 200


async def test_unknown_addresses_answer_in_json(traveller: ChatClient) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("PUT", "/api/chat/messages", 405),
        ("GET", "/media/x", 404),
    ):
        async with traveller.session.request(method, traveller.base + path) as response:
            assert response.status == status
            assert (await response.json())["error"]["code"] in ("not_found", "method")
