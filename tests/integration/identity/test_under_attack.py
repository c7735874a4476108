"""Work is asked for only under attack, never of an owner's own browser; waiting does instead."""

import httpx

from services.identity.commands.siege import Siege
from services.identity.domain.work import is_done
from shared import clock
from tests.support.identity import PASSWORD, Browser, World, form_of, later, returned


async def _attacked(world: World) -> None:
    """As if six hundred attempts had failed within a minute."""
    for _ in range(600):
        world.provider.siege.failed()
    await world.provider.siege.measure()


def _work(page: httpx.Response) -> dict[str, str]:
    task = form_of(page)[1]["task"]
    nonce = next(str(number) for number in range(10**7) if is_done(task, str(number)))
    return {"work": nonce}


async def test_without_an_attack_nobody_works(browser: Browser) -> None:
    page = await browser.authorize()
    assert "task" not in form_of(page)[1]
    assert "work.js" not in page.text


async def test_under_attack_an_attempt_without_work_is_not_looked_at(
    browser: Browser, world: World
) -> None:
    await _attacked(world)
    page = await browser.authorize()
    answer = await browser.submit(page, username="citizen", password=PASSWORD)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "15")
    done = await browser.submit(answer, username="citizen", password=PASSWORD, **_work(answer))
    assert "code" in returned(done)


async def test_waiting_does_instead_of_computing(browser: Browser, world: World) -> None:
    await _attacked(world)
    page = await browser.authorize()
    assert "15 秒" in page.text
    with clock.at(later(seconds=16)):
        assert "code" in returned(await browser.submit(page, username="citizen", password=PASSWORD))


async def test_work_is_good_once_and_in_its_own_browser(browser: Browser, world: World) -> None:
    await _attacked(world)
    page = await browser.authorize()
    done = {"task": form_of(page)[1]["task"], **_work(page)}
    first = await browser.submit(page, username="citizen", password="wrong", **done)
    again = await browser.submit(page, username="citizen", password=PASSWORD, **done)
    assert (first.status_code, again.status_code) == (400, 429)
    other = Browser(world)
    theirs = await other.authorize()
    stolen = await other.submit(theirs, username="citizen", password=PASSWORD, **done)
    assert stolen.status_code == 429
    await other.close()


async def test_the_owners_browser_passes_and_is_never_slowed(
    browser: Browser, world: World
) -> None:
    await browser.code("citizen")
    attacker = Browser(world)
    moment = later()
    with clock.at(moment):
        page = await attacker.authorize()
        guesses = [
            await attacker.submit(page, username="citizen", password="wrong") for _ in range(8)
        ]
        assert guesses[-1].status_code == 429
        await _attacked(world)
        mine = await browser.log_in("citizen", prompt="login")
        assert "code" in returned(mine)
    await attacker.close()


async def test_processes_measure_together_and_calm_comes_back(world_anywhere: World) -> None:
    provider = world_anywhere.provider
    one, two = (Siege(provider.db, provider.tickets, 10) for _ in range(2))
    with clock.at(later()):
        for siege in (one, two):
            for _ in range(6):
                siege.failed()
            await siege.measure()
        assert (one.under_attack, two.under_attack) == (False, True)
        await one.measure()
        assert one.under_attack
    with clock.at(later(minutes=2)):
        await one.measure()
        assert not one.under_attack


async def test_an_operator_can_switch_it_off(world: World) -> None:
    siege = Siege(world.provider.db, world.provider.tickets, 0)
    for _ in range(10_000):
        siege.failed()
    await siege.measure()
    assert not siege.under_attack
