"""What each kind of connector does, so that a seller can add one of their own without touching this code.

A package of theirs names its factory among the entry points of the group; the setting names the entry point. The
factory is called with the settings. `docs/connectors/own.md` has an example of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from aftercare.connectors.order_rows import PlacedOrder, RowFault
from aftercare.orders.intake import ShopOrder


class ConnectorError(Exception):
    """A connector is configured wrongly; the message names the setting and says what to change."""


class NotGenuine(Exception):
    """A webhook is not signed by whom it claims to come from."""


class RefusedForGood(Exception):
    """The other side has said no for good: trying again is of no use. The message is for staff."""


class NotReached(Exception):
    """Nobody knows whether it was done: try again with the same key."""


class OrderWebhook(Protocol):
    """Reads the order webhooks of one kind of shop."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> ShopOrder | None:
        """The order in a webhook; None for what is genuine and concerns no order of eSIMs (a ping).

        Raises:
            NotGenuine: the signature is wrong, missing or too old.
            ValueError: it is genuine, but its order cannot be taken; the message says why.
        """


class OrderSource(Protocol):
    """Reads a shop's orders."""

    name: str

    def changed_since(self, moment: datetime | None) -> tuple[list[PlacedOrder], list[RowFault]]:
        """The orders changed at or after an aware time, all without one; and what of them cannot be taken."""

    def by_number(self, number: str) -> tuple[list[PlacedOrder], list[RowFault]]:
        """The order with this number."""

    def by_email(self, email: str) -> tuple[list[PlacedOrder], list[RowFault]]:
        """The orders of a buyer."""

    def close(self) -> None:
        """Give connections back."""


@dataclass(frozen=True)
class RefundOrder:
    """Money to be paid back: `key` is the same at each attempt, `payment` what the provider knows the payment by.

    `again`: an attempt before this one may have reached the provider.
    """

    key: str
    payment: str
    amount_minor: int
    currency: str
    number: str
    again: bool = False


@dataclass(frozen=True)
class RefundState:
    """How far a refund is at the provider; `error` says for staff why it failed.

    `key` is that of the `RefundOrder`, empty when the provider does not tell it.
    """

    reference: str
    state: Literal["sent", "paid", "failed"]
    error: str = ""
    key: str = ""


class PaymentProvider(Protocol):
    """Pays refunds."""

    name: str

    def refund(self, order: RefundOrder) -> RefundState:
        """Pay back; with a key that was used before, what became of that. Blocks.

        Raises:
            RefusedForGood: it will never be paid this way.
            NotReached: it may have been paid or not.
        """

    def status(self, reference: str) -> RefundState:
        """How far a refund is. Blocks.

        Raises:
            NotReached: the provider does not answer.
        """

    def webhook(self, body: bytes, headers: Mapping[str, str]) -> RefundState | None:
        """News of a refund; None for anything else.

        Raises:
            NotGenuine: the signature is wrong, missing or too old.
        """


@dataclass(frozen=True)
class CheckoutOrder:
    """Something to be paid on the provider's own page until `ends_at`; `key` is the same at each attempt."""

    key: str
    amount_minor: int
    currency: str
    title: str
    back: str
    """The address to which the provider's page leads."""
    ends_at: datetime


@dataclass(frozen=True)
class PaidCheckout:
    """A `CheckoutOrder` was paid; `payment` is what the provider knows the payment by."""

    key: str
    amount_minor: int
    currency: str
    payment: str = ""


class PaymentCheckout(Protocol):
    """A payment provider that also takes payments; a connector need not."""

    can_checkout: bool

    def checkout(self, order: CheckoutOrder) -> str:
        """The address of the page where it is paid, the same for the same key. Blocks.

        Raises:
            RefusedForGood: it makes none.
            NotReached: it does not answer.
        """

    def paid_checkout(self, body: bytes, headers: Mapping[str, str]) -> PaidCheckout | None:
        """News in a webhook that one was paid; None for anything else.

        Raises:
            NotGenuine: the signature is wrong, missing or too old.
        """


@dataclass(frozen=True)
class KnownEsim:
    """An eSIM as its issuer knows it; `reference` is the issuer's own number of it, where it has told one."""

    iccid: str
    reference: str | None = None


@dataclass(frozen=True)
class EsimStatus:
    """How an eSIM is: values by the names of the columns of `esim`, only those the issuer tells; data in MB."""

    values: dict[str, Any]
    revoked: bool = False


class EsimProvider(Protocol):
    """The issuer of eSIMs."""

    def status(self, esim: KnownEsim) -> EsimStatus:
        """How it is now. Blocks for some seconds at most.

        Raises:
            RefusedForGood: the issuer does not know it.
            NotReached: the issuer does not answer.
        """

    def revoke(self, esim: KnownEsim) -> None:
        """Switch it off for good; again is harmless. Blocks.

        Raises:
            RefusedForGood: the issuer says no.
            NotReached: it may have been done or not.
        """


@dataclass(frozen=True)
class NewProfile:
    """An eSIM that an issuer made in place of another; `matching_id` is what stands behind the last $ of its code."""

    iccid: str
    smdp_address: str
    matching_id: str
    reference: str | None = None


class EsimReissuer(Protocol):
    """An issuer that replaces an eSIM whose code is spent; a connector need not."""

    can_reissue: bool

    def reissue(self, esim: KnownEsim, key: str) -> NewProfile:
        """A new profile with what is left of the plan, the same one for the same key; the old one ends. Blocks.

        Raises:
            RefusedForGood: the issuer says no.
            NotReached: it may have been done or not.
        """


class EsimTopUps(Protocol):
    """An issuer that adds a plan to an eSIM; a connector need not."""

    def tops_up_with(self, plan_id: str) -> bool:
        """Whether it has a package for this plan of the catalogue."""

    def top_up(self, esim: KnownEsim, plan_id: str, key: str) -> None:
        """Add the plan, once for each key. Blocks.

        Raises:
            RefusedForGood: the issuer says no.
            NotReached: it may have been done or not.
        """


class EsimExchanges(Protocol):
    """An issuer that replaces an eSIM by one of another plan; a connector need not."""

    def exchanges_for(self, plan_id: str) -> bool:
        """Whether it has a package for this plan of the catalogue."""

    def exchange(self, esim: KnownEsim, plan_id: str, key: str) -> NewProfile:
        """An eSIM of the plan, the same one for the same key; the old one ends. Blocks.

        Raises:
            RefusedForGood: the issuer says no.
            NotReached: it may have been done or not.
        """


@dataclass(frozen=True)
class IssuerPlan:
    """A plan as its issuer sells it; `data_mb` None is unlimited or not told."""

    code: str
    name: str
    data_mb: int | None = None
    days: int | None = None


class EsimPlanList(Protocol):
    """An issuer that lists its plans; a connector need not."""

    can_list_plans: bool

    def plans(self) -> tuple[IssuerPlan, ...]:
        """All of them. Blocks.

        Raises:
            RefusedForGood: the issuer says no.
            NotReached: the issuer does not answer.
        """

    def packages_used(self) -> dict[str, str]:
        """What its configuration calls the plans of the catalogue: code by plan."""


@dataclass(frozen=True)
class Mail:
    """A mail; `key` is the same at each attempt, so that copies can be told by their Message-ID."""

    key: str
    to: str
    subject: str
    text: str
    attachments: tuple[tuple[str, str, bytes], ...] = field(default=())
    """Each (file name, media type, content)."""


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, mail: Mail) -> None:
        """Give a mail to the relay.

        Raises:
            RefusedForGood: the address or the mail is refused for good.
            NotReached: try again later.
        """
