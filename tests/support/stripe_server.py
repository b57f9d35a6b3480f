"""A stand-in for Stripe's refunds: idempotency keys, lists, signed webhooks, and the faults a real one has."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

WEBHOOK_SECRET = "whsec_stand_in_for_stripe"


class StripeServer:
    """Refunds by their id. `faults` is the part of requests that fail, before or after the refund was made."""

    def __init__(self) -> None:
        self.refunds: dict[str, dict[str, Any]] = {}
        self.pages: dict[str, dict[str, Any]] = {}
        self.by_key: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.status = "succeeded"
        self.faults = 0.0
        self.hangs = 0.0  # the part of requests that is answered too late for any client
        self.refused: set[str] = set()  # payments that Stripe does not know
        self.random = random.Random(7)
        self.lock = threading.Lock()
        self.paid = threading.Event()
        self.url = ""

    def create(self, form: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if key in self.by_key:
                return 200, self.refunds[self.by_key[key]]
            payment = form.get("payment_intent") or form.get("charge") or ""
            if payment in self.refused:
                return 400, _error("invalid_request_error", "resource_missing")
            refund = {
                "id": f"re_{len(self.refunds) + 1}",
                "object": "refund",
                "amount": int(form["amount"]),
                "payment_intent": payment,
                "status": self.status,
                "metadata": {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")},
            }
            self.refunds[refund["id"]] = refund
            self.by_key[key] = refund["id"]
            self.paid.set()
            return 200, refund

    def open_page(self, form: dict[str, str], key: str) -> tuple[int, dict[str, Any]]:
        """A Checkout Session."""
        with self.lock:
            if key not in self.by_key:
                made = {
                    "id": f"cs_{len(self.pages) + 1}",
                    "object": "checkout.session",
                    "url": f"https://checkout.example.com/{len(self.pages) + 1}",
                    "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
                    "currency": form["line_items[0][price_data][currency]"],
                    "payment_status": "unpaid",
                    "metadata": {"aftercare_key": form["metadata[aftercare_key]"]},
                }
                self.pages[made["id"]] = made
                self.by_key[key] = made["id"]
            return 200, self.pages[self.by_key[key]]

    def forget_keys(self) -> None:
        """As Stripe does after some days."""
        with self.lock:
            self.by_key.clear()

    def event(self, refund: dict[str, Any], kind: str = "refund.updated") -> tuple[bytes, dict[str, str]]:
        """A webhook: its body and its headers."""
        body = json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": refund}}).encode()
        at = int(time.time())
        signature = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return body, {"Stripe-Signature": f"t={at},v1={signature}"}


def _error(kind: str, code: str = "") -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": "told by the stand-in"}}


@contextmanager
def stripe_server() -> Iterator[StripeServer]:
    """Serve on a free port of this machine."""
    stripe = StripeServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            stripe.asked["create"] += 1
            chance = stripe.random.random()
            if chance < stripe.faults / 3:
                self.answer(500, _error("api_error"))
                return
            make = stripe.open_page if self.path == "/v1/checkout/sessions" else stripe.create
            status, told = make(form, self.headers.get("Idempotency-Key", ""))
            if stripe.random.random() < stripe.hangs:
                time.sleep(12)
                self.close_connection = True
            elif chance < stripe.faults * 2 / 3:
                self.answer(500, _error("api_error"))  # it was made all the same
            elif chance < stripe.faults:
                self.close_connection = True  # nobody knows
            else:
                self.answer(status, told)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            stripe.asked["read"] += 1
            with stripe.lock:
                if parts.path == "/v1/refunds":
                    wanted = parse_qs(parts.query)
                    payment = (wanted.get("payment_intent") or wanted.get("charge") or [""])[0]
                    found = [each for each in stripe.refunds.values() if each["payment_intent"] == payment]
                    self.answer(200, {"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"})
                else:
                    self.answer(200, stripe.refunds[parts.path.rpartition("/")[2]])

        def answer(self, status: int, told: dict[str, Any]) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that was killed is no fault of the server."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stripe.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stripe
    finally:
        server.shutdown()
        server.server_close()
