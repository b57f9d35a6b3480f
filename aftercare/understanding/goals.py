"""Which goal an intent pursues: the slots `goal` and `symptom` it sets."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

GOAL_OF: Mapping[str, tuple[str, str | None]] = MappingProxyType(
    {
        "report_activation_failure": ("diagnose", "activation"),
        "report_no_service": ("diagnose", "no_service"),
        "report_no_data": ("diagnose", "no_data"),
        "report_slow_data": ("diagnose", "slow"),
        "report_stopped_working": ("diagnose", "stopped"),
        # no intent of a message alone: a fault of which nothing tells the kind (`start:report_fault`)
        "report_fault": ("diagnose", None),
        "request_refund": ("refund", None),
        "request_exchange": ("exchange", None),
        "check_refund_status": ("refund_status", None),
        "withdraw_request": ("withdraw", None),
        "payment_issue": ("payment", None),
        "ask_invoice": ("invoice", None),
        "check_order_status": ("order_status", None),
        "resend_qr": ("resend_qr", None),
        "check_data_usage": ("data_usage", None),
        "recover_usage_records": ("usage_records", None),
    }
)
"""By intent: the goal, and the symptom of a fault."""

REPORTS = tuple(intent for intent in GOAL_OF if intent.startswith("report_"))
"""The intents that report a fault."""
FAULTS = tuple(f"start:{intent}" for intent in REPORTS)
"""The commands that do."""

FAULT_SEEN: Mapping[str, str] = MappingProxyType(
    {
        "no_data": "report_no_data",
        "some_apps_only": "report_no_data",
        "slow": "report_slow_data",
        "no_service": "report_no_service",
        "emergency_only": "report_no_service",
        "searching": "report_no_service",
        "drops": "report_stopped_working",
        "activating": "report_activation_failure",
        "error_shown": "report_activation_failure",
        "code_used": "report_activation_failure",
        "vanished": "report_activation_failure",
        "no_eid": "report_activation_failure",
        "no_esim_menu": "report_activation_failure",
        "locked": "report_activation_failure",
    }
)
"""By a fact that a traveller sees and that is a fault by itself: the intent that reports it."""
