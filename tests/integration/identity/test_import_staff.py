"""A table of a whole hall's staff is brought in at once, or not at all."""

import asyncio
import stat
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from services.identity.store.people import people
from services.identity.store.staff import staff
from tests.support.commands import Operator
from tests.support.identity import DEPARTMENT, REGION, Browser, World

HEADER = ["姓名", "登录名", "手机号", "部门代码", "区划代码", "岗位", "角色", "截止日期"]
SCOPE = "openid staff cases.handle"


@pytest.fixture
def operator(world_anywhere: World, tmp_path: Path) -> Operator:
    url: str = world_anywhere.app.state.runtime.settings.database_url
    return Operator(tmp_path, "onebox", {"identity": url})


def _codes() -> list[str]:
    """66 unified credit codes with their check digits (GB 32100)."""
    letters, weights = "0123456789ABCDEFGHJKLMNPQRTUWXY", [3**n % 31 for n in range(17)]
    found = []
    for number in range(66):
        base = f"11990102MB{number:07d}"
        total = sum(
            letters.index(sign) * weight for sign, weight in zip(base, weights, strict=True)
        )
        found.append(base + letters[(31 - total % 31) % 31])
    return found


def _hall(count: int = 605) -> list[list[str]]:
    codes = _codes()
    return [
        [
            "窗口人员",
            f"clerk{number:04d}",
            f"1990001{number:04d}",
            codes[number % len(codes)],
            REGION,
            "综合窗口、导办",
            "窗口人员" if number % 2 else "officer",
            "2099-12-31" if number % 3 else "",
        ]
        for number in range(count)
    ]


def _excel(file: Path, lines: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in [HEADER, *lines]:
        book.active.append(line)
    book.save(file)
    return file


def _csv(file: Path, lines: list[list[str]]) -> Path:
    file.write_text("\n".join(",".join(line) for line in [HEADER, *lines]), "gb18030")
    return file


async def _counted(world: World) -> tuple[int, int]:
    async with world.provider.db.read() as connection:
        offices = await connection.scalar(select(func.count()).select_from(staff))
        accounts = await connection.scalar(select(func.count()).select_from(people))
    return int(offices or 0), int(accounts or 0)


async def test_a_hall_of_66_departments_comes_in_from_one_sheet(
    world: World, tmp_path: Path
) -> None:
    url: str = world.app.state.runtime.settings.database_url
    operator = Operator(tmp_path, "onebox", {"identity": url})
    file = str(_excel(tmp_path / "hall.xlsx", _hall()))
    before = await _counted(world)
    said = await asyncio.to_thread(operator.does, "identity", "import-staff", file, "--dry-run")
    assert "(departments) 66" in said
    assert "(appointed) 605" in said
    assert await _counted(world) == before
    await asyncio.to_thread(operator.does, "identity", "import-staff", file)
    assert await _counted(world) == (before[0] + 605, before[1] + 605)


async def test_a_table_brought_in_again_changes_nothing(operator: Operator, tmp_path: Path) -> None:
    file = str(_csv(tmp_path / "hall.csv", _hall(6)))
    said = await asyncio.to_thread(operator.does, "identity", "import-staff", file)
    assert "(appointed) 6" in said
    again = await asyncio.to_thread(operator.does, "identity", "import-staff", file)
    assert "(unchanged) 6" in again


async def test_one_bad_line_keeps_all_of_them_out(
    world_anywhere: World, operator: Operator, tmp_path: Path
) -> None:
    lines = _hall(4)
    lines[1][6] = "king"
    lines[2][3] = "11990102MB0000000X"
    lines[3][7] = "31.12.2099"
    file = str(_csv(tmp_path / "hall.csv", lines))
    before = await _counted(world_anywhere)
    said = await asyncio.to_thread(operator.refused, "identity", "import-staff", file)
    assert "nothing was imported" in said
    assert await _counted(world_anywhere) == before


async def test_new_accounts_log_in_with_passwords_from_a_private_file(
    world_anywhere: World, operator: Operator, tmp_path: Path
) -> None:
    lines = [[*_hall(1)[0][:3], DEPARTMENT, REGION, "", "clerk", ""]]
    file, kept = str(_csv(tmp_path / "hall.csv", lines)), tmp_path / "first"
    words = ("import-staff", file, "--passwords", str(kept))
    await asyncio.to_thread(operator.does, "identity", *words)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    name, _, password = kept.read_text("utf-8").strip().partition(",")
    browser = Browser(world_anywhere)
    assert (await browser.log_in(name, password, scope=SCOPE)).is_redirect
    await browser.close()


async def test_what_is_no_such_table_is_refused_with_a_reason(
    operator: Operator, tmp_path: Path
) -> None:
    for content, why in (("", "empty"), ("姓名,手机号\n", "Columns are missing")):
        file = tmp_path / "x.csv"
        file.write_text(content, "utf-8")
        said = await asyncio.to_thread(operator.refused, "identity", "import-staff", str(file))
        assert why in said
