"""A stand-in for eSIM Access, written from its public documentation: profiles and packages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCESS_CODE = "test-access-code"


class EsimServer:
    """Profiles by ICCID; `away` answers 503."""

    def __init__(self) -> None:
        self.profiles: dict[str, dict[str, Any]] = {}
        self.packages: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.away = False
        self.url = ""
        self.transactions: dict[str, dict[str, Any]] = {}  # of another issuer, which replaces and tops up
        self.loses_answers = 0  # so many next answers to these get lost
        self.refuses = False

    def add(self, iccid: str, **changes: Any) -> None:
        self.profiles[iccid] = {
            "esimTranNo": "23120118156818",
            "orderNo": "B23120118131854",
            "iccid": iccid,
            "ac": "LPA:1$rsp.example.com$43DE23C67EE747",
            "smdpStatus": "ENABLED",
            "eid": "",
            "activeType": 1,
            "expiredTime": "2026-12-24T18:34:17+0000",
            "totalVolume": 5368709120,
            "totalDuration": 30,
            "durationUnit": "DAY",
            "orderUsage": 1073741824,
            "esimStatus": "IN_USE",
            **changes,
        }

    def answer(self, path: str, body: dict[str, Any], code: str | None) -> tuple[int, dict[str, Any]]:
        self.calls.append(path.rpartition("/")[2])
        if self.away:
            return 503, {}
        if code != ACCESS_CODE:
            return 200, _refused("101003")
        if path.startswith("/api/v1/esims/"):
            return self._of_another(path, body)
        if path == "/api/v1/open/esim/query":
            found = [each for each in self.profiles.values() if each["iccid"] == body["iccid"]]
            pager = {"pageSize": 5, "pageNum": 1, "total": len(found)}
            return 200, {"success": True, "errorCode": "0", "obj": {"esimList": found, "pager": pager}}
        if path == "/api/v1/open/package/list":
            return 200, {"success": True, "errorCode": None, "errorMsg": None, "obj": {"packageList": self.packages}}
        of = [each for each in self.profiles.values() if each["esimTranNo"] == body.get("esimTranNo")]
        if not of:
            return 200, _refused("200002")
        if path == "/api/v1/open/esim/cancel" and of[0]["smdpStatus"] == "RELEASED":
            of[0]["esimStatus"] = "CANCEL"
        elif path == "/api/v1/open/esim/revoke" and of[0]["esimStatus"] not in ("REVOKE", "CANCEL"):
            of[0]["esimStatus"] = "REVOKE"
        else:
            return 200, _refused("200005")
        return 200, {"success": True, "errorCode": "0", "errorMsg": None, "obj": {}}

    def _of_another(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """`replace` answers a repetition with the same, `packages` refuses it as one."""
        what, known = path.rpartition("/")[2], body["reference"] in self.transactions
        if self.refuses:
            return 422, {}
        if known and what == "packages":
            return 200, {"success": False, "errorCode": "duplicate_reference"}
        number = len(self.transactions) + 1
        made = {
            "iccid": f"896405000000000000{number}",
            "lpa": f"LPA:1$rsp.example.com$NEW-{number}",
            "id": f"r{number}",
        }
        self.transactions.setdefault(body["reference"], {**made, "package": body.get("package")})
        if self.loses_answers:
            self.loses_answers -= 1
            return 503, {}
        return 200, {"success": True, "errorCode": "0", "data": self.transactions[body["reference"]]}


def _refused(code: str) -> dict[str, Any]:
    return {"success": False, "errorCode": code, "errorMsg": "told by the stand-in", "obj": None}


@contextmanager
def esim_server() -> Iterator[EsimServer]:
    """Serve on a free port of this machine."""
    issuer = EsimServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            status, told = issuer.answer(self.path, body, self.headers.get("RT-AccessCode"))
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}/api/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
