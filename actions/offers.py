"""What the assistant offers to do next, each with the intent that starts it; titles are the phrases `offer_<name>`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

INTENT_OF: Mapping[str, str] = MappingProxyType(
    {
        "crossborder": "ask_crossborder_pack",
        "usage_records": "recover_usage_records",
        "top_up": "ask_topup",
        "plans": "ask_price_plans",
        "refund": "request_refund",
        "exchange": "request_exchange",
        "fault_review": "report_no_data",
        "person": "human_handoff",
        "refund_status": "check_refund_status",
        "resend": "resend_qr",
    }
)
