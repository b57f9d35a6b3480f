"""eSIM issuers behind a REST interface, each described by a YAML file: no code for another one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import httpx

from aftercare.base.settings import DATA, ROOT, Settings
from aftercare.catalogue.models import Entry, Text
from aftercare.catalogue.yaml_file import CatalogueError, YamlFile
from aftercare.connectors.ports import (
    ConnectorError,
    EsimProvider,
    EsimStatus,
    IssuerPlan,
    KnownEsim,
    NewProfile,
    NotReached,
    RefusedForGood,
)
from aftercare.connectors.registry import names, plugin, refuse_twin

log = logging.getLogger(__name__)

FOLDER = DATA / "connectors"
_SECONDS = 4.0
_MB = {"bytes": 1 / (1024 * 1024), "kb": 1 / 1024, "mb": 1.0, "gb": 1024.0}
_STATES = ("released", "downloaded", "installed", "enabled", "disabled", "deleted")


class Condition(Entry):
    """Whether a value of an answer, as text in small letters or as written, is one of these."""

    at: Text
    among: tuple[Text, ...]

    def holds(self, answer: Any) -> bool:
        """Whether it is so in this answer."""
        value = found_at(answer, self.at)
        return str(value) in self.among or str(value).lower() in self.among


class Field(Entry):
    """Where a value is in the answer. `unit` of data; `values` translates states."""

    at: Text
    unit: Literal["bytes", "kb", "mb", "gb"] = "mb"
    values: dict[Text, Text] | None = None
    only_when: Condition | None = None


class Call(Entry):
    """A request: `{iccid}`, `{reference}`, `{key}` and `{secret}` are filled in; the body is JSON."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: Text
    body: Any = None


class StatusCall(Call):
    """The request that tells how an eSIM is; `item` is where in the answer it stands."""

    item: Text | None = None
    fields: dict[
        Literal["profile_state", "data_total_mb", "data_used_mb", "data_left_mb", "eid", "expires_at",
                "provider_reference"],
        Field,
    ]  # fmt: skip
    revoked: Condition | None = None


class ReissueCall(Call):
    """The request for a new profile, with `{transaction}`: the same at each attempt. `item` as in `StatusCall`."""

    item: Text | None = None
    fields: dict[Literal["iccid", "activation_code", "smdp_address", "matching_id", "provider_reference"], Text]


class ExchangeCall(ReissueCall):
    """The request for a profile of another plan: as `ReissueCall`, with `{package}` as in `TopUpCall`."""

    packages: dict[Text, Text]


class TopUpCall(Call):
    """The request that adds a plan, with `{transaction}` and `{package}`: what `packages` calls the plan.

    `done_before` tells a refusal that says the same transaction was taken already.
    """

    packages: dict[Text, Text]
    done_before: Condition | None = None


class PlansCall(Call):
    """The request that lists the issuer's plans; `items` is where in the answer the list stands."""

    items: Text
    fields: dict[Literal["code", "name", "data_mb", "days"], Field]


class EsimApi(Entry):
    """A REST interface. `success` tells an answer that is 200 and yet an error, `error` where its code is."""

    url: Text
    headers: dict[Text, Text] = {}  # noqa: RUF012  pydantic copies it
    success: Condition | None = None
    error: Text | None = None
    status: StatusCall
    cancel: Call | None = None
    revoke: Call | None = None
    reissue: ReissueCall | None = None
    top_up: TopUpCall | None = None
    exchange: ExchangeCall | None = None
    plans: PlansCall | None = None


def found_at(answer: Any, path: str) -> Any:
    """The value at a path such as `obj.list.0.name`; None where there is none."""
    for part in path.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(part)
        elif isinstance(answer, list) and part.isdigit() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            return None
    return answer


class RestEsimProvider:
    """An issuer described by `EsimApi`."""

    def __init__(self, api: EsimApi, url: str, key: str, secret: str) -> None:
        self._api = api
        self._secrets = {"key": key, "secret": secret}
        headers = {name: value.format(**self._secrets) for name, value in api.headers.items()}
        self._client = httpx.Client(base_url=url or api.url, headers=headers, timeout=_SECONDS)

    def status(self, esim: KnownEsim) -> EsimStatus:
        """As `EsimProvider.status`."""
        answer = self._ask(self._api.status, esim)
        item = found_at(answer, self._api.status.item) if self._api.status.item else answer
        if not isinstance(item, Mapping):
            raise RefusedForGood("the issuer does not know this eSIM")
        values = {name: self._value(name, field, item) for name, field in self._api.status.fields.items()}
        known: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
        left = known.pop("data_left_mb", None)
        if left is not None and "data_total_mb" in known:
            known.setdefault("data_used_mb", max(0, known["data_total_mb"] - left))
        revoked = self._api.status.revoked is not None and self._api.status.revoked.holds(item)
        return EsimStatus(values=known, revoked=revoked)

    def revoke(self, esim: KnownEsim) -> None:
        """As `EsimProvider.revoke`: what is revoked already is left alone, so that repeating is harmless."""
        status = self.status(esim)
        if status.revoked:
            return
        reference = status.values.get("provider_reference") or esim.reference
        esim = KnownEsim(esim.iccid, reference)
        unused = status.values.get("profile_state") == "released"
        call = self._api.cancel if unused and self._api.cancel else self._api.revoke
        if call is None:
            raise RefusedForGood("the issuer's interface cannot switch off an eSIM")
        self._ask(call, esim)

    @property
    def can_reissue(self) -> bool:
        """Whether the interface has a request for it."""
        return self._api.reissue is not None

    def reissue(self, esim: KnownEsim, key: str) -> NewProfile:
        """As `EsimReissuer.reissue`; the interface has to know the transaction."""
        call = self._api.reissue
        if call is None:
            raise RefusedForGood("the issuer's interface cannot replace an eSIM")
        return self._made(call, self._ask(call, esim, transaction=key))

    def exchanges_for(self, plan_id: str) -> bool:
        """As `EsimExchanges.exchanges_for`."""
        return self._api.exchange is not None and plan_id in self._api.exchange.packages

    def exchange(self, esim: KnownEsim, plan_id: str, key: str) -> NewProfile:
        """As `EsimExchanges.exchange`; the interface has to know the transaction."""
        call = self._api.exchange
        if call is None or plan_id not in call.packages:
            raise RefusedForGood("the issuer's interface has no package for this plan")
        return self._made(call, self._ask(call, esim, transaction=key, package=call.packages[plan_id]))

    @staticmethod
    def _made(call: ReissueCall, answer: Any) -> NewProfile:
        """The new profile that an answer tells."""
        item = found_at(answer, call.item) if call.item else answer
        fields = {name: str(found_at(item, at) or "") for name, at in call.fields.items()}
        _, smdp, matching = [*fields.get("activation_code", "").split("$"), "", ""][:3]
        smdp, matching = fields.get("smdp_address") or smdp, fields.get("matching_id") or matching
        if not (fields.get("iccid") and smdp and matching):
            raise RefusedForGood("the issuer's answer has no ICCID or activation code")
        return NewProfile(fields["iccid"], smdp, matching, fields.get("provider_reference") or None)

    def tops_up_with(self, plan_id: str) -> bool:
        """As `EsimTopUps.tops_up_with`."""
        return self._api.top_up is not None and plan_id in self._api.top_up.packages

    def top_up(self, esim: KnownEsim, plan_id: str, key: str) -> None:
        """As `EsimTopUps.top_up`; the interface has to know the transaction."""
        call = self._api.top_up
        if call is None or plan_id not in call.packages:
            raise RefusedForGood("the issuer's interface has no package for this plan")
        self._ask(call, esim, call.done_before, transaction=key, package=call.packages[plan_id])

    @property
    def can_list_plans(self) -> bool:
        """Whether the interface has a request for it."""
        return self._api.plans is not None

    def plans(self) -> tuple[IssuerPlan, ...]:
        """As `EsimPlanList.plans`."""
        call = self._api.plans
        if call is None:
            raise RefusedForGood("the issuer's interface lists no plans")
        items = found_at(self._ask(call, KnownEsim("")), call.items)
        if not isinstance(items, list):
            raise RefusedForGood(f"the issuer's answer has no list at {call.items}")
        found = ({name: self._value(name, field, item) for name, field in call.fields.items()} for item in items)
        return tuple(
            IssuerPlan(each["code"], each.get("name") or "", each.get("data_mb"), each.get("days"))
            for each in found
            if each.get("code")
        )

    def packages_used(self) -> dict[str, str]:
        """As `EsimPlanList.packages_used`."""
        calls = (self._api.top_up, self._api.exchange)
        return {plan: code for call in calls if call is not None for plan, code in call.packages.items()}

    def _ask(self, call: Call, esim: KnownEsim, done_before: Condition | None = None, **more: str) -> Any:
        known = {"iccid": esim.iccid, "reference": esim.reference or "", **self._secrets, **more}
        try:
            response = self._client.request(call.method, call.path.format(**known), json=_filled(call.body, known))
        except httpx.HTTPError as error:
            raise NotReached(f"the issuer: {type(error).__name__}") from None
        if response.status_code >= 500 or response.status_code in (408, 409, 425, 429):
            raise NotReached(f"the issuer answers {response.status_code}")
        if response.status_code >= 400:
            raise RefusedForGood(f"the issuer answers {response.status_code}")
        try:
            answer = response.json()
        except ValueError:
            raise NotReached("the issuer does not answer in JSON") from None
        if done_before is not None and done_before.holds(answer):
            return answer
        if self._api.success is not None and not self._api.success.holds(answer):
            code = found_at(answer, self._api.error) if self._api.error else None
            raise RefusedForGood(f"the issuer says no: {str(code)[:40]}")
        return answer

    @staticmethod
    def _value(name: str, field: Field, item: Mapping[str, Any]) -> Any:
        value = found_at(item, field.at)
        if value in (None, "") or (field.only_when is not None and not field.only_when.holds(item)):
            return None
        if field.values is not None:
            value = field.values.get(str(value))
        if name == "profile_state":
            return value if value in _STATES else None
        if name.endswith("_mb"):
            return round(float(value) * _MB[field.unit])
        if name == "days":
            return round(float(value))
        if name.endswith("_at"):
            moment = datetime.fromisoformat(str(value))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return str(value)


def _filled(body: Any, known: Mapping[str, str]) -> Any:
    if isinstance(body, str):
        return body.format(**known)
    if isinstance(body, Mapping):
        return {name: _filled(value, known) for name, value in body.items()}
    return [_filled(value, known) for value in body] if isinstance(body, list) else body


def read_api(path: Path) -> EsimApi:
    """The interface that a YAML file describes.

    Raises:
        CatalogueError: with file and line of every fault.
    """
    file = YamlFile(path)
    return file.validate(EsimApi, file.data, ())


def esim_provider(settings: Settings) -> EsimProvider | None:
    """The issuer of ESIM_PROVIDER: a plug-in, a file of data/connectors by its name, or a file; None without one.

    Raises:
        ConnectorError: there is none such, its file is wrong, or its key is missing.
    """
    name = settings.esim_provider
    if not name:
        return None
    path = FOLDER / f"{name}.yml" if "." not in name else ROOT / name
    if path.is_file():
        refuse_twin("ESIM_PROVIDER", name)
    elif made := plugin("ESIM_PROVIDER", name, settings):
        provider: EsimProvider = made
        return provider
    else:
        known = ", ".join(sorted({*(each.stem for each in FOLDER.glob("*.yml")), *names("ESIM_PROVIDER")}))
        raise ConnectorError(f"ESIM_PROVIDER: there is no {name}; there are: {known}, or a file of yours")
    if not settings.esim_provider_key:
        raise ConnectorError("ESIM_PROVIDER_KEY is empty; write the access code of your issuer's API")
    try:
        api = read_api(path)
    except CatalogueError as error:
        raise ConnectorError(f"ESIM_PROVIDER: {error}") from None
    return RestEsimProvider(api, settings.esim_provider_url, settings.esim_provider_key, settings.esim_provider_secret)
