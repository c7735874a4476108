"""What the pages of an application share: finding it, its item, and saving it as a draft."""

from dataclasses import dataclass, replace
from typing import Any

from services.portal.clients import Json, Refused
from services.portal.commands import Application, Visit
from services.portal.domain.provenance import Origin, Trust
from services.portal.pages.forms import active, parse
from services.portal.pages.forms.parse import Posted
from services.portal.pages.page import Page
from services.portal.queries.prefill import Known, whose_data


@dataclass(frozen=True, slots=True)
class Filling:
    """An application and the item version that it is for."""

    application: Application
    item: Json

    @property
    def schema(self) -> Json:
        """The form of the item."""
        schema: Json = self.item["form"]
        return schema

    @property
    def origins(self) -> dict[str, Origin]:
        """The origins that still hold: a suggested value that was changed is the person's own."""
        one = self.application
        return {
            name: origin
            for name, origin in one.origins.items()
            if origin.trust is not Trust.SUGGESTED or one.given.get(name) == one.form.get(name)
        }

    @property
    def address(self) -> str:
        """The page of the form."""
        return f"/items/{self.application.item}/apply?a={self.application.id}"

    @property
    def check_address(self) -> str:
        """The page on which all answers are checked."""
        return f"/items/{self.application.item}/check?a={self.application.id}"


def visit_of(page: Page) -> Visit:
    """The visit of a page for somebody who is logged in."""
    if page.visit is None:
        raise RuntimeError("this page is for somebody who is logged in")
    return page.visit


async def find(page: Page, key: str) -> Filling | None:
    """The application of this visit with its item."""
    application = await page.portal.applications.find(visit_of(page).id, key) if key else None
    if application is None:
        return None
    item = await page.portal.catalogue.version(application.item, application.version)
    return Filling(application, item)


async def begin(page: Page, code: str, number: str) -> Filling:
    """A new application, filled with what is known; `number`: the draft to go on with."""
    draft = await page.portal.cases.read(page.token, number, page.language) if number else None
    if draft is not None:
        code, version = draft["item"]["code"], draft["item"]["version"]
    else:
        summary = await page.portal.catalogue.item(code, page.language)
        code, version = summary["code"], summary["version"]
    item = await page.portal.catalogue.version(code, version)
    application = page.portal.applications.begin(code, version)
    filling = Filling(application, item)
    if item.get("form"):
        whose = whose_data(page.person or {})
        known = await page.portal.prefill(page.token, code, filling.schema, whose)
        places = await page.portal.places.map_or_empty()
        for name, origin in known.origins.items():
            known.origins[name] = replace(origin, owner=places.department(origin.owner))
        _take_over(application, known, draft)
    await keep(page, filling)
    return filling


async def keep(page: Page, filling: Filling) -> None:
    """Keep the application as it is now."""
    await page.portal.applications.keep(visit_of(page).id, filling.application)


async def save_draft(page: Page, filling: Filling) -> None:
    """Keep the answers as a draft among the person's cases, where he finds them again."""
    one = filling.application
    if not one.number:
        kept = await page.portal.cases.draft(
            page.token, one.item, sendable(filling), calls_of(filling),
            key=one.draft_key, language=page.language,
        )  # fmt: skip
        one.number = kept["number"]
    else:
        kept = await _edit(page, filling)
    one.case_version = kept["version"]
    await keep(page, filling)


async def _edit(page: Page, filling: Filling) -> Json:
    one = filling.application
    version = one.case_version
    while True:
        try:
            return await page.portal.cases.edit(
                page.token, one.number, sendable(filling), calls_of(filling),
                version=version, language=page.language,
            )  # fmt: skip
        except Refused as refused:
            # The same person, in another tab: what he typed last counts.
            newer = refused.problem.get("version")
            if refused.slug != "precondition-failed" or not newer or newer == version:
                raise
            version = int(newer)


def sendable(filling: Filling) -> dict[str, Any]:
    """The answers to questions that are asked now, with the values that were taken over."""
    one = filling.application
    asked = active(filling.schema, one.form)["properties"]
    return {name: value for name, value in one.form.items() if name in asked}


def calls_of(filling: Filling) -> dict[str, Any]:
    """Which call of the exchange a value that still stands was filled in from."""
    form = sendable(filling)
    return {
        name: {"call": origin.call}
        for name, origin in filling.origins.items()
        if origin.call and name in form
    }


def answer(filling: Filling, posted: Posted, *, empty_rows: bool) -> None:
    """Take what was typed; values that stand are ours, whatever was posted for them.

    A question that an answer has just opened is filled with what its source gave for it.
    `empty_rows`: keep the rows that wait for answers, as the form is only shown again.
    """
    one = filling.application
    standing = {name: one.form[name] for name in one.fixed if name in one.form}
    before = active(filling.schema, one.form)["properties"]
    one.form = parse(filling.schema, posted, standing, empty_rows=empty_rows) | standing
    for name in active(filling.schema, one.form)["properties"]:
        if name not in before and name in one.given:
            one.form.setdefault(name, one.given[name])


def _take_over(application: Application, known: Known, draft: Json | None) -> None:
    application.origins = known.origins
    application.given = dict(known.values)
    application.down = known.down
    typed = (draft or {}).get("form") or {}
    fixed = application.fixed
    standing = {name: value for name, value in known.values.items() if name in fixed}
    application.form = {**known.values, **typed, **standing}
    if draft is not None:
        application.number, application.case_version = draft["number"], draft["version"]
