"""An example value for any schema of an event, the same at every run."""

from typing import Any

Json = dict[str, Any]

PERSON = "psn_019a3c7e51d07b3f9c0e2a4d6b8f1c35"
CASE = "99010200000020260506001000001T"
_ITEM = "11990102MB2824177L4000105001000"
_DEPARTMENT = "11990102MB2824177L"
_REGION = "990102000000"
_ORGANISATION = "org_019a3c7e51d17c4a8d1f3b5e7c902d46"

# What the fields are called, here and in every event; `<fact>.<field>` is more exact.
_BY_NAME: dict[str, Any] = {
    "agent": PERSON,
    "answer_due": "2026-05-13",
    "approver": "stf_019a3c7e51d27d5b9e204c6f8da13e57",
    "basis": "appointment",
    "bundle": None,
    "call": "cal_019a3c7e51d37e6caf315d709eb24f68",
    "case": CASE,
    "case_accepted.status": "accepted",
    "case_corrected.status": "submitted",
    "case_decided.status": "decided",
    "case_delivered.status": "delivered",
    "case_extended.status": "accepted",
    "case_refused.status": "refused",
    "case_resumed.status": "accepted",
    "case_submitted.status": "submitted",
    "case_suspended.status": "suspended",
    "case_withdrawn.status": "withdrawn",
    "conflicts": ["inspector"],
    "correction_requested.status": "correcting",
    "channel": "001",
    "client": "cases",
    "code": _ITEM,
    "decided_on": "2026-05-06",
    "delivery_due": "2026-05-20",
    "delegation": "dlg_019a3c7e51d47f7db0426e81afc36079",
    "department": _DEPARTMENT,
    "department_changed.code": _DEPARTMENT,
    "client_registered.client": "department-market",
    "correction_requested.fields": ["shop"],
    "correction_requested.materials": ["M01"],
    "case_refused.ground": "not_our_power",
    "deputation": "dpt_019a3c7e51d97b02a1f4c83e5d206b97",
    "deputy": "stf_019a3c7e51da7e64b0c75a19f3d84e28",
    "fields": ["household_address"],
    "ground": "inspection",
    "hall_department": "11990102MB4479776G",
    "hall_region": _REGION,
    "id": PERSON,
    "item": _ITEM,
    "items": [_ITEM],
    "legal_representative": PERSON,
    "level": 2,
    "means": "electronic",
    "number": CASE,
    "office": "stf_019a3c7e51d27d5b9e204c6f8da13e57",
    "organisation": _ORGANISATION,
    "outcome": "answered",
    "owner": "11990100MB1234567A",
    "parent": "990100000000",
    "permit": "prm_019a3c7e51d5708ec1537f92b0d4718a",
    "person": PERSON,
    "positions": ["clerk"],
    "promised": "2026-05-20",
    "purpose": "handle_case",
    "purposes": ["handle_case"],
    "reason": None,
    "referral": "11990102MB1234567A",
    "region": _REGION,
    "region_changed.code": _REGION,
    "region_changed.level": "county",
    "resource": "population/household",
    "resource_published.code": "population/household",
    "role": "officer",
    "roles": ["officer"],
    "scopes": ["cases.handle", "events.read"],
    "secondment": "scd_019a3c7e51db70c8946e2ab1f50d73e6",
    "session": "ses_019a3c7e51d6719fd26480a3c1e5829b",
    "sharing": "conditional",
    "staff": "stf_019a3c7e51d27d5b9e204c6f8da13e57",
    "statutory": "2026-06-03",
    "status": "published",
    "subscription": "sub_019a3c7e51d871c49b03e6f25a8d7c10",
    "token": "jti_019a3c7e51d772a0e37591b4d2f693ac",
    "why": "logout",
}
_BY_FORMAT = {
    "date": "2026-05-06",
    "date-time": "2026-05-06T09:30:00+08:00",
    "uuid": "019a3c7e-51d8-73b1-a486-2c5e307a4bd0",
}
_BY_TYPE: dict[str, Any] = {"boolean": False, "null": None, "object": {}}


class ExampleMissing(Exception):
    """A field of an event for which nobody has said what it looks like."""


def example(schema: Json, fact: str) -> Any:
    """An example of `schema`, whose definitions stand in its `$defs`."""
    return _Maker(schema.get("$defs", {}), fact).value(schema, "")


class _Maker:
    def __init__(self, definitions: Json, fact: str) -> None:
        self._definitions = definitions
        self._fact = fact

    def value(self, schema: Json, name: str) -> Any:
        """What the schema says itself, else what the field is called, else its type."""
        schema = self._resolved(schema)
        if said := schema.get("examples") or schema.get("enum"):
            return said[0]
        if "const" in schema:
            return schema["const"]
        if "properties" in schema:
            fields = schema["properties"].items()
            return {field: self.value(inner, field) for field, inner in fields}
        for known in (f"{self._fact}.{name}", name):
            if known in _BY_NAME:
                return _BY_NAME[known]
        return self._of_type(schema, name)

    def _resolved(self, schema: Json) -> Json:
        for choice in schema.get("anyOf", []):
            if choice.get("type") != "null":
                return self._resolved(choice)
        if "$ref" in schema:
            return self._resolved(self._definitions[schema["$ref"].rpartition("/")[2]])
        return schema

    def _of_type(self, schema: Json, name: str) -> Any:
        kind = schema.get("type")
        if schema.get("format") in _BY_FORMAT:
            return _BY_FORMAT[schema["format"]]
        if kind == "array":
            return [self.value(schema["items"], name.removesuffix("s"))]
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
        raise ExampleMissing(
            f"the event {self._fact} has a field {name!r} without an example: give it "
            "Field(examples=[…]) in the event's class, or a line in deploy/contracts/examples.py"
        )
