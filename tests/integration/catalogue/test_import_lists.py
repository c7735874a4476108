"""Importing lists as departments have them."""

import json
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from services.catalogue.commands.importing import Import, ImportFailed, Mapping

ROOT = Path(__file__).parents[3]
GUANGAN = ROOT / "../shared/data/service-items-guangan/bszl-data.json"
HEADER = "事项名称,本地编码,区划,实施主体,承诺办结时限,链接\n"
GOOD = "养犬登记,YQ-1,990102,城管局,5,https://example.org/a\n"


@pytest.fixture
async def regions(importing: Import) -> None:
    await importing.run(ROOT / "deploy/demo/catalogue/regions.json", None)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.usefixtures("regions")
async def test_a_csv_with_chinese_headings_needs_no_mapping(
    importing: Import, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    report = await importing.run(write(tmp_path, "list.csv", HEADER + GOOD), None)
    assert report.troubles == []
    item = (await api.get("/v1/items/YQ-1")).json()
    assert (item["name"], item["status"], item["region"]) == ("养犬登记", "listed", "990102000000")


@pytest.mark.usefixtures("regions")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_the_encodings_of_office_programs_are_read(
    importing: Import, tmp_path: Path, encoding: str
) -> None:
    report = await importing.run(
        write(tmp_path, "list.csv", (HEADER + GOOD).encode(encoding)), None
    )
    assert report.statuses["listed"] == 1


@pytest.mark.usefixtures("regions")
async def test_an_excel_sheet_is_read_and_whole_numbers_stay_whole(
    importing: Import, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["事项名称", "本地编码", "区划", "实施主体", "承诺办结时限"])
    sheet.append(["养犬登记", 7001, 990102, "城管局", 5.0])
    sheet.append([None, None, None, None, None])
    book.save(tmp_path / "list.xlsx")
    report = await importing.run(tmp_path / "list.xlsx", None)
    assert report.troubles == []
    assert (await api.get("/v1/items/7001")).json()["promise"]["days"] == 5


@pytest.mark.usefixtures("regions")
async def test_bad_rows_are_told_with_place_and_reason_and_good_ones_kept(
    importing: Import, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    bad = ",YQ-2,990102,城管局,5,\n遛狗,YQ-3,12,城管局,五天,\n重复,YQ-1,990102,城管局,5,\n"
    report = await importing.run(write(tmp_path, "list.csv", HEADER + GOOD + bad), None)
    told = {trouble.place: [flaw.field for flaw in trouble.flaws] for trouble in report.troubles}
    assert told["第 3 行"] == ["name"]
    assert {"region", "promise_days"} <= set(told["第 4 行"])
    assert told["第 5 行"] == ["code"]
    assert (await api.get("/v1/items/YQ-1")).json()["name"] == "养犬登记"
    assert "第 4 行 遛狗" in str(report)


@pytest.mark.usefixtures("regions")
async def test_a_dry_run_stores_nothing(
    importing: Import, api: httpx.AsyncClient, tmp_path: Path
) -> None:
    report = await importing.run(write(tmp_path, "a.csv", HEADER + GOOD), None, dry_run=True)
    assert "dry run" in str(report)
    assert (await api.get("/v1/items/YQ-1")).status_code == 404


@pytest.mark.usefixtures("regions")
async def test_the_same_list_again_changes_nothing(importing: Import, tmp_path: Path) -> None:
    path = write(tmp_path, "list.csv", HEADER + GOOD)
    await importing.run(path, None)
    again = await importing.run(path, None)
    assert {outcome.value for kind, outcome in again.done if kind == "item"} == {"same"}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", "", "空"),
        ("broken.json", '{"items": [', "第 1 行"),
        ("broken.xlsx", "not a zip", "Excel"),
        ("list.pdf", "%PDF", "CSV, Excel and JSON"),
        ("binary.csv", b"\xff\xfe\x00\x80", "编码"),
        ("twice.csv", "name,name\na,b\n", "重复列"),
        ("shape.json", '{"items": {"a": 1}}', "不是列表|应是列表"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(
    importing: Import, tmp_path: Path, name: str, content: str | bytes, told: str
) -> None:
    with pytest.raises(ImportFailed, match=told):
        await importing.run(write(tmp_path, name, content), None)


async def test_a_missing_file_says_so(importing: Import, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="No such file"):
        await importing.run(tmp_path / "none.csv", None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[fields.name]\nfrom = 1", "fields.name.from"),
        ("[fields.name]\nform = 'x'", "fields.name"),
        ("[fields.name]\nfrom = 'x'\npattern = 'no group'", "one group"),
        ("[source", "TOML"),
    ],
)
def test_a_broken_mapping_is_told_by_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ImportFailed, match=told):
        Mapping.load(write(tmp_path, "m.toml", text))


@pytest.mark.skipif(
    not GUANGAN.exists(), reason="the public list of 广安区 is not beside the checkout"
)
async def test_a_real_district_goes_in_by_its_mapping_file_alone(
    importing: Import, api: httpx.AsyncClient
) -> None:
    mapping = Mapping.load(ROOT / "deploy/examples/guangan.toml")
    report = await importing.run(GUANGAN, mapping)
    assert report.troubles == []
    assert report.statuses == {"listed": 1135}
    found = (await api.get("/v1/items", params={"q": "社保卡丢了", "region": "511602"})).json()
    assert "社会保障卡" in found["items"][0]["name"]
    names = _departments(json.loads(GUANGAN.read_text("utf-8")))
    shown: set[str] = set()
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"region": "511602", "limit": 100}
        if cursor:
            params["cursor"] = cursor
        page: dict[str, Any] = (await api.get("/v1/items", params=params)).json()
        shown |= {item["department"]["name"] for item in page["items"]}
        cursor = page["next"]
        if cursor is None:
            break
    assert shown == names


def _departments(document: list[dict[str, Any]]) -> set[str]:
    return {
        entry["department"] for entry in document if any(i["sub_items"] for i in entry["items"])
    }
