"""A story counts as reached when a conversation takes its actions in order, on its intents and with its slots."""

from tests.support.conversation_coverage import Part, Reached, Turn, decisions, follows

STORY = decisions(
    [
        {"intent": "request_refund"},
        {"slot_was_set": [{"goal": "refund"}]},
        {"action": "order_form"},
        {"active_loop": "order_form"},
        {"slot_was_set": [{"order_verified": True}]},
        {"active_loop": None},
        {"action": "refund_form"},
    ]
)
VERIFIED = {"goal": "refund", "order_verified": True}


def test_on_the_way():
    asked = Turn("request_refund", {"goal": "refund"}, ["order_form"])
    assert follows([asked, Turn("inform", VERIFIED, ["order_form", "refund_form"])], STORY)
    assert follows([Turn("request_refund", VERIFIED, ["order_form", "refund_form"])], STORY)


def test_not_on_another_intent_slot_or_order():
    asked = Turn("request_refund", {"goal": "refund"}, ["order_form"])
    assert not follows([Turn("inform", {"goal": "refund"}, ["order_form"]), asked], STORY)
    assert not follows([asked, Turn("inform", {**VERIFIED, "order_verified": False}, ["refund_form"])], STORY)
    assert not follows([Turn("inform", VERIFIED, ["refund_form"]), asked], STORY)


def test_an_intent_counts_for_the_first_action_of_its_turn():
    known = decisions(
        [{"slot_was_set": [{"order_verified": True}]}, {"intent": "request_refund"}, {"action": "refund_form"}]
    )
    assert not follows([Turn("request_refund", VERIFIED, ["order_form", "refund_form"])], known)
    assert follows([Turn("request_refund", VERIFIED, ["refund_form"])], known)


def test_slots_stay_from_turn_to_turn():
    reached = Reached()
    for slots in ({"goal": "refund"}, {"order_verified": True}):
        turn = {"intent": "inform", "slots": slots, "actions": []}
        reached.add("a", {"turn": turn, "messages": [{"name": "utter_qr"}, {"name": None}]})
    assert reached.conversations["a"][-1].slots == VERIFIED
    assert reached.names == {"utter_qr"}


def test_share():
    assert Part("rules", 4, ("b",)).share == 0.75
    assert "not reached: b" in str(Part("rules", 4, ("b",)))
