"""Nothing is promised to a traveller that is not configured: no mail, no card, no money that nobody has sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from aftercare.base.language import LANGUAGES
from aftercare.base.responses import all_responses

# what a text says when it promises or reports what only a connector does
MAIL = re.compile(
    r"\bby e-?mail\b|\be-?mail (?:you about|it to|them to)\b|\b(?:to|in) your (?:mailbox|inbox|e-?mail)\b"
    r"|watch your e-?mail|to the e-?mail address|发到.{0,6}邮箱|到您邮箱|发邮件|留意邮箱|发.{0,6}邮件给",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"\b(?:to|on|reaches) your (?:card|\{paid_to\}|account)(?!\w)|\bback to the card\b|\bsent back\b"
    r"|(?<!be )\brefunded\b|(?<!nothing )\b(?:was|has been) (?:paid|sent)\b|\bpaid out\b(?! within)|\bon its way\b"
    r"|退到|(?<!可以)退回|到账|原路|已退(?!出)",
    re.IGNORECASE,
)
# texts that may say so, with what the code that says them has made sure of
ALLOWED = {
    # a payment provider is configured and knows the payment (payouts.pays_itself)
    "payout_by_provider": "MONEY",
    # the provider has accepted it, or it was paid (payouts.record)
    "payout_message_sent": "MONEY",
    "payout_message_paid": "MONEY",
    "term_payout_sent": "MONEY",
    "term_request_paid": "MONEY",
    # a state of the order database: it is set when the money was paid, by the shop or by a payout
    "term_refunded": "MONEY",
    "refund_rule_not_refunded_passed": "MONEY",  # "not refunded before"
    "refund_rule_not_refunded_failed": "MONEY",
    # a provider's terms, where its provider is configured or staff give credit (refunds/wording.py)
    "refund_terms_paid_back": "MONEY",
    # a mailer is configured (payouts.mail_qr, settings.mails)
    "qr_mailed": "MAIL",
    "mail_refund_paid_text": "MONEY",
    # offered where a mailer is configured (actions/email_code.py)
    "code_by_mail": "MAIL",
}


def texts() -> Iterator[tuple[str, str, str]]:
    """(language, name, text) of everything that is said."""
    for language in LANGUAGES:
        said = all_responses()[language]
        for name, variations in said.responses.items():
            for each in variations:
                yield language, name, str(each.get("text") or "")
                yield from ((language, name, str(button["title"])) for button in each.get("buttons") or ())
        for name, text in said.phrases.items():
            yield language, name, text


@pytest.mark.parametrize(("kind", "pattern"), [("MAIL", MAIL), ("MONEY", MONEY)])
def test_no_text_promises_what_only_a_connector_does(kind: str, pattern: re.Pattern[str]) -> None:
    wrong = [
        f"{language}: {name}: {text}"
        for language, name, text in texts()
        if pattern.search(text) and ALLOWED.get(name) != kind
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_allowed_exists_and_needs_it() -> None:
    said = {name for _, name, _ in texts()}
    assert set(ALLOWED) <= said
    for name, kind in ALLOWED.items():
        pattern = MAIL if kind == "MAIL" else MONEY
        assert any(pattern.search(text) for _, each, text in texts() if each == name), name


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MAIL, "The new QR code comes by e-mail."),
        (MAIL, "新的二维码会发到邮箱。"),
        (MONEY, "It reaches your {paid_to} by {day}."),
        (MONEY, "最晚 {day} 退到{paid_to}。"),
    ],
)
def test_promises_are_recognised(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)
