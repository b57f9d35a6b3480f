"""docs/staff-api.yaml names every route of the staff API with its scope, its queries and bodies, and no others."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from aftercare.base.settings import Settings
from aftercare.orders.tables import PAYOUT_STATES, REQUEST_STATES
from aftercare.run.desk import create_app
from aftercare.staff.access.api_keys import NEEDED, Scope
from aftercare.staff.access.permissions import ROLES
from aftercare.staff.access.tables import ROLES as STORED_ROLES
from aftercare.staff.api import bodies
from aftercare.staff.inbox.filters import TABS
from aftercare.staff.inbox.writes import FLAGS
from tests.support.staff_api import document


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, described in document()["paths"].items()
        for method, operation in described.items()
        if method != "parameters"
    }


def test_every_route_is_described_with_its_scope() -> None:
    served = {
        (route.method, route.resource.canonical): getattr(route.handler, "__api_scope__", None)
        for route in create_app(Settings()).router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/v1")
    }
    described = {
        key: next((scope for demand in operation.get("security", []) for scope in demand["key"]), None)
        for key, operation in operations().items()
    }
    assert described == served
    closed = {key for key, operation in operations().items() if "security" not in operation}
    assert closed == {("GET", "/api/v1/openapi.yaml")}


def test_the_document_knows_the_same_words_as_the_code() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["Scope"]["enum"] == [str(scope) for scope in Scope] == [str(scope) for scope in NEEDED]
    assert schemas["RefundState"]["enum"] == list(REQUEST_STATES)
    assert schemas["Refund"]["properties"]["payout"]["properties"]["state"]["enum"] == list(PAYOUT_STATES)
    roles = schemas["Key"]["properties"]["acts_for"]["properties"]["role"]["enum"]
    assert set(roles) == set(ROLES) == set(STORED_ROLES)
    asked = {each["name"]: each["schema"] for each in operations()["GET", "/api/v1/conversations"]["parameters"][:14]}
    assert set(asked["view"]["enum"]) == set(TABS)
    assert asked["flag"]["enum"] == ["", *FLAGS]


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/api/v1/conversations", bodies.ConversationsQuery),
        ("/api/v1/conversations/{id}", bodies.MessagesQuery),
        ("/api/v1/tickets", bodies.TicketsQuery),
        ("/api/v1/refunds", bodies.RefundsQuery),
    ],
)
def test_every_filter_is_described(path: str, model: type[BaseModel]) -> None:
    shared = document()["components"]["parameters"]
    named = [
        each["name"] if "name" in each else shared[each["$ref"].rpartition("/")[2]]["name"]
        for each in operations()["GET", path]["parameters"]
    ]
    assert set(named) == set(model.model_fields)
    assert len(named) == len(model.model_fields)


@pytest.mark.parametrize(
    "model",
    [
        bodies.ClaimRequest,
        bodies.HandBackRequest,
        bodies.AgentMessageRequest,
        bodies.ApproveRequest,
        bodies.DeclineRequest,
        bodies.CarriedOutRequest,
        bodies.LookupRequest,
    ],
)
def test_every_body_is_described(model: type[BaseModel]) -> None:
    schema = document()["components"]["schemas"][model.__name__]
    assert set(schema["properties"]) == set(model.model_fields)
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    assert set(schema.get("required", ())) == needed


def test_the_schemas_are_schemas_and_all_references_lead_somewhere() -> None:
    for schema in document()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for reference in set(re.findall(r"'\$ref': '#/([^']+)'", str(document()))):
        found = document()
        for part in reference.split("/"):
            found = found[part]
        assert found
