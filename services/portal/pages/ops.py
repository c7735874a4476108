"""The operators' room: the health of the whole in one view, and the queues."""

from fastapi import APIRouter
from starlette.responses import Response

from services.portal.domain.judgement import all_findings
from services.portal.pages import ops_words
from services.portal.pages.opening import AtOps
from shared import clock

router = APIRouter(include_in_schema=False)


@router.get("/ops")
async def overview(page: AtOps) -> Response:
    """Does everything run, and if not: what is it, what does it mean, what is to be done."""
    states = await page.portal.health.states(page.token)
    return page.render(
        "ops/overview.html", states=states, findings=all_findings(states), at=clock.now(),
        ops=ops_words, handbook=page.portal.settings.handbook_url,
    )  # fmt: skip


@router.get("/ops/queues")
async def queues(page: AtOps) -> Response:
    """What waits to be sent and to be handled, service by service."""
    states = await page.portal.health.states(page.token)
    return page.render("ops/queues.html", states=states, at=clock.now(), ops=ops_words)
