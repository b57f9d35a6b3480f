"""Nothing is promised to a traveller that is not configured: no mail, no card, no money that nobody has sent.

Read are the responses, help articles, playbooks, the catalogue, what is said of marketplaces, canned replies and the
widget's own texts; and nothing that may be configured is denied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import pytest

from aftercare.base.language import LANGUAGES
from aftercare.base.responses import all_responses
from aftercare.base.settings import DATA, PLAYBOOKS, ROOT
from aftercare.base.yaml_data import read_yaml
from aftercare.staff.inbox.canned import canned_replies

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
# what a text says when it denies what a mailer does
DENIAL = re.compile(
    r"\b(?:can't|cannot|don't|doesn't|won't|never)\b[^.;:]{0,25}\be-?mail|\bno e-?mails?\b"
    r"|\bnot by e-?mail"
    r"|(?:不|没|不会|不能|没有)(?:能|会|另|再|用)?(?:发|寄)[^。；，]{0,6}(?:邮件|邮箱|电邮)",
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
    # the payment provider has said so (top_ups.paid)
    "utter_exchange_paid": "MONEY",
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
    # the menu has it where a mailer is configured and the buyer takes mail (web/chat/events.py)
    "widget.mail": "MAIL",
    # --- help articles ---
    # what plans never do: no refund is promised by it
    "delete-and-reinstall.lend-leftover-after-trip": "MONEY",
    "plan-start-and-validity.unused-data": "MONEY",
    "plan-start-and-validity.unused-days": "MONEY",
    "refund-reasons.expired-plan": "MONEY",
    "exchange.money-back-cheaper": "MONEY",
    # what terms usually grant, with "usually" or the terms named, and no way of payment
    "exchange.wrong-country": "MONEY",
    "payment-problems.change-before-paying": "MONEY",
    "payment-problems.cancelled-but-money-taken": "MONEY",
    "refund-reasons.changed-mind": "MONEY",
    "refund-reasons.illness": "MONEY",
    "refund-reasons.phone-incompatible": "MONEY",
    "refund-rules.body": "MONEY",
    "refund-requests.body": "MONEY",
    # the way of payment "if the provider pays it that way", as the terms shown before a yes say
    "refund-money.which-card": "MONEY",
    "refund-money.wallet-refund": "MONEY",
    "refund-money.other-card": "MONEY",
    # banks, and states in general
    "refund-money.title": "MONEY",  # "where refunds go": a question
    "refund-money.card-replaced": "MONEY",
    "refund-money.account-closed": "MONEY",
    "refund-decision.which-code-after-double": "MONEY",
    "refund-requests.withdraw": "MONEY",
    "finding-your-order.cancelled-by-shop": "MONEY",
    # not about refunds: what the traveller paid, what the shop has sent, a mail of the traveller's own
    "payment-problems.someone-elses-card": "MONEY",
    "refund-money.gift-refund": "MONEY",
    "finding-your-order.mail-missing": "MONEY",
    "finding-your-order.delivery-time": "MONEY",
    "finding-your-order.order-status-words": "MONEY",
    "top-up.not-arrived": "MONEY",
    "battery.body": "MONEY",
    "calls-and-texts.landline": "MAIL",
    # a form for refunds is not needed, and no mail to us
    "refund-requests.how-to-request": "DENIAL",
    "utter_email_invalid": "DENIAL",  # "doesn't look like an e-mail address"
    "order-email-and-qr.mail-deleted-after-install": "DENIAL",
    "payment-problems.body": "DENIAL",  # "no e-mail after the payment": what to do
    # --- playbooks ---
    "payment_failed": "MONEY",  # what the bank does
    "refunded": "MONEY",  # when: [refunded], a state set when the money was paid
    "after_install": "MONEY",  # 退回去: a menu
    "sim_manager": "MONEY",
}
KINDS = {"MAIL": MAIL, "MONEY": MONEY, "DENIAL": DENIAL}
# what of an article or step is not said: how it is asked for, and what decides whether it is said
_UNSAID = {"asked", "id", "when", "intents", "source"}
# folders and files of data/ that are read in another way below, and those of which travellers are told nothing
_READ_ELSEWHERE = {"responses", "articles", "playbooks", "canned_replies.yml"}
_NOT_SAID = {"nlu", "rules", "stories", "turns", "jieba", "connectors", "demo", "taiwan_words.yml"}


@lru_cache(maxsize=1)
def texts() -> tuple[tuple[str, str, str], ...]:
    """(language, name, text) of everything that is said."""
    return tuple(_texts())


def _texts() -> Iterator[tuple[str, str, str]]:
    for language in LANGUAGES:
        said = all_responses()[language]
        for name, variations in said.responses.items():
            for each in variations:
                yield language, name, str(each.get("text") or "")
                yield from ((language, name, str(button["title"])) for button in each.get("buttons") or ())
        for name, text in said.phrases.items():
            yield language, name, text
    for language in LANGUAGES:
        for path in sorted((DATA / "articles" / language).glob("*.yml")):
            article = read_yaml(path)
            for part in ("title", "body"):
                yield language, f"{path.stem}.{part}", str(article[part])
            for question in article.get("questions") or ():
                for text in _strings(question):
                    yield language, f"{path.stem}.{question['id']}", text
    for path in sorted(DATA.rglob("*.yml")):
        if path.relative_to(DATA).parts[0] not in _READ_ELSEWHERE | _NOT_SAID:
            yield from (("both", f"{path.stem}.yml", text) for text in _strings(read_yaml(path)))
    for reply in canned_replies():
        for language in LANGUAGES:
            yield language, f"canned.{reply.id}", getattr(reply.text, language)
    for path in sorted((ROOT / "widget" / "texts").glob("*.js")):
        for name, text in re.findall(r"^  (\w+): [\"`](.*)[\"`],?$", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield path.stem, f"widget.{name}", text
    for path in sorted(PLAYBOOKS.rglob("*.yml")):
        for name, text in _of_playbook(read_yaml(path), path.stem):
            yield "both", name, text


def _strings(node: Any) -> Iterator[str]:
    """Every text below a node that may be said."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _strings(value) if name not in _UNSAID else ()
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
    elif isinstance(node, str):
        yield node


def _of_playbook(node: Any, name: str) -> Iterator[tuple[str, str]]:
    """(id of the nearest entry, text) of every text of a playbook."""
    if isinstance(node, Mapping):
        name = str(node.get("id", name))
        for key, value in node.items():
            yield from _of_playbook(value, name) if key not in _UNSAID else ()
    elif isinstance(node, list):
        for value in node:
            yield from _of_playbook(value, name)
    elif isinstance(node, str):
        yield name, node


@pytest.mark.parametrize(("kind", "pattern"), KINDS.items(), ids=KINDS)
def test_no_text_promises_or_denies_what_only_a_connector_does(kind: str, pattern: re.Pattern[str]) -> None:
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
        assert any(KINDS[kind].search(text) for _, each, text in texts() if each == name), name


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MAIL, "The new QR code comes by e-mail."),
        (MAIL, "新的二维码会发到邮箱。"),
        (MONEY, "It reaches your {paid_to} by {day}."),
        (MONEY, "最晚 {day} 退到{paid_to}。"),
        (DENIAL, "I can't send it by e-mail."),
        (DENIAL, "There's no e-mail or SMS about it."),
        (DENIAL, "不能发到邮箱。"),
        (DENIAL, "不另发邮件短信。"),
    ],
)
def test_promises_are_recognised(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


def test_what_is_said_of_marketplaces_and_plans_is_read() -> None:
    said = {name for _, name, _ in texts()}
    assert {"marketplaces.yml", "promotions.yml", "providers.yml", "screenshots.yml", "intent_names.yml"} <= said
