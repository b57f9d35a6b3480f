"""Which action answers a question by its intent alone, and how sure the words must be of it."""

from __future__ import annotations

from aftercare.understanding.goals import FAULTS
from aftercare.understanding.reader.lint import UNSPECIFIED_FAULT

# Questions whose answer is data of the order, by the intent of the message alone.
OF_THE_ORDER = {
    "ask_plan_start": "action_plan_start",
    "check_data_usage": "action_data_usage",
    "check_order_status": "action_order_status",
    "check_refund_status": "action_refund_status",
    "ask_apn": "action_apn",
    "ask_coverage": "action_coverage",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
}
# After these a question that nothing else answers is about where the request stands.
OF_A_REQUEST = {("done", "refund"), ("done", "exchange"), ("done", "withdrawal"), ("told", "refund_status")}
# Questions that actions answer without an order, better than an article could.
COMPUTED = {
    "ask_promotions": "action_promotions",
    "ask_price_plans": "action_price_plans",
    "ask_crossborder_pack": "action_crossborder_pack",
    "ask_local_plan": "action_local_plan",
    "ask_support_hours": "action_support_hours",
    "ask_device_compatibility": "action_device_compatibility",
    "ask_roaming_setting": "action_roaming_setting",
    "ask_how_to_install": "action_how_to_install",
    "ask_refund_policy": "action_refund_policy",
    "ask_coverage": "action_coverage",
    "ask_apn": "action_apn",
    "ask_plan_start": "action_plan_start",
    "ask_hotspot": "action_hotspot",
    "ask_calls_sms": "action_calls_sms",
    "ask_topup": "action_topup",
    "ask_dual_sim": "action_dual_sim",
    "ask_what_is_esim": "action_what_is_esim",
    "ask_delete_reinstall": "action_delete_reinstall",
    "ask_change_device": "utter_change_device",
    "bot_challenge": "utter_bot_challenge",
}
# The commands that report a fault which is named.
NAMED_FAULTS = tuple(fault for fault in FAULTS if fault != f"start:{UNSPECIFIED_FAULT}")
# Articles about which plan to take: after what they say, the plans that fit.
CHOOSING = "choose-a-plan."
# How sure the classifier must be of such a question, with and without an article that answers it too.
SURE, SURER, SUREST = 0.45, 0.75, 0.95
# Both list plans.
OF_PLANS = ("ask_price_plans", "ask_crossborder_pack")
