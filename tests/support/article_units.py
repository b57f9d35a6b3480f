"""A few units of articles, so that a test does not depend on the texts that are shipped."""

from __future__ import annotations

from dataclasses import replace

from aftercare.articles.files import Conditions, Variant
from aftercare.articles.units import Unit

SHARE, SPEED, APN, ROAMING, ASKS = "hotspot.share", "hotspot.fast", "apn.which", "roaming.cost", "top-up.how-much"
TODAY, SIZES, VOLTE, COMPLAINT = "promotions.today", "plans.sizes", "volte.switch", "rights.complaint"


def unit(name: str, answer: str, intent: str = "", steps: str | None = None, *variants: Variant) -> Unit:
    return Unit(name, "en", f"About {name}", (f"{name}?",), answer, steps, (intent,) if intent else (), variants)


UNITS = {
    each.id: each
    for each in (
        unit(
            SHARE,
            "Most plans can be shared.",
            "ask_hotspot",
            None,
            Variant(when=Conditions(hotspot="no", state="in_use"), answer="{plan} cannot, and {data_left} are left."),
            Variant(when=Conditions(hotspot="yes"), answer="Yes, {plan} can be shared."),
        ),
        unit(SPEED, "As fast as on the phone.", "ask_hotspot"),
        unit(APN, "It stands in the mail.", "ask_apn", "- Settings > APN\n"),
        unit(ROAMING, "Roaming costs nothing.", "ask_roaming_setting"),
        replace(unit(TODAY, "I list what is running.", "ask_promotions"), action="action_promotions"),
        unit(VOLTE, "Switch VoLTE on."),
        replace(unit(COMPLAINT, "Tell me what happened, and I pass it on."), passes_on=True),
        unit(SIZES, "5 GB last ten days.", "ask_price_plans"),
        unit(ASKS, "That depends on the plan. Give me your order number and I tell you exactly.", "ask_topup"),
    )
}
