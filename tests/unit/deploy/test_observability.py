"""Alarms and dashboards ask for metrics that are there, and each alarm has its page."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import compose_file, promql
from tests.support.exported import environment, exported
from tests.support.sources import ROOT

FOLDER = ROOT / "deploy/observability"
RULES = FOLDER / "prometheus/rules"
COMPOSE = compose_file.read({"PUBLIC_BASE": "https://city.example"})["services"]
PAGES = ROOT / "docs/alarms"
SECTIONS = ("## What it means", "## What users see", "## Where to look", "## What to do")
MADE_BY_PROMETHEUS = {"up": {"job", "instance"}, "ALERTS": {"alertname", "severity", "alertstate"}}
OF_EVERY_TARGET = {"job", "instance"}


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def rules(kind: str) -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted(RULES.glob("*.yml"))
        for group in loaded(file)["groups"]
        for rule in group["rules"]
        if kind in rule
    ]


ALERTS = rules("alert")
DASHBOARDS = [json.loads(file.read_text()) for file in FOLDER.glob("grafana/dashboards/*.json")]
PANELS = [panel for dashboard in DASHBOARDS for panel in dashboard["panels"]]
QUERIES = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]
by_name = pytest.mark.parametrize("alert", ALERTS, ids=[alert["alert"] for alert in ALERTS])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Each metric that a process shows or Prometheus makes of it, with its labels."""
    import asyncio

    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(folder).items():
            patch.setenv(name, value)
        found = {**asyncio.run(exported(folder)), **MADE_BY_PROMETHEUS}
    made = {rule["record"]: set(promql.read(rule["expr"]).grouped) for rule in rules("record")}
    return {**found, **made}


def test_every_metric_that_a_rule_asks_for_is_shown_by_somebody(told: dict[str, set[str]]) -> None:
    for rule in rules("expr"):
        asked = promql.read(rule["expr"])
        assert asked.metrics
        assert asked.metrics - set(told) == set(), rule
        assert unknown(asked, told) == set(), rule


def test_every_metric_of_the_dashboards_is_shown_by_somebody(told: dict[str, set[str]]) -> None:
    assert QUERIES
    for query in QUERIES:
        asked = promql.read(query)
        assert asked.metrics - set(told) == set(), query
        assert unknown(asked, told) == set(), query


def unknown(asked: promql.Asked, told: dict[str, set[str]]) -> set[str]:
    """Labels that none of the expression's metrics has."""
    wrong = {f"{metric}{{{label}}}" for metric, label in asked.matched if label not in told[metric]}
    labels = set().union(*(told[metric] for metric in asked.metrics)) | OF_EVERY_TARGET | {"act"}
    own = {label for metric, label in asked.matched if label in OF_EVERY_TARGET}
    return {one for one in wrong if one.split("{")[1][:-1] not in own} | (asked.grouped - labels)


def test_what_an_expression_asks_for_is_read_rightly() -> None:
    asked = promql.read(
        'sum by (a, le) (rate(x_total{b=~"c(d)", e!="f"}[5m])) / on (a) max(y) > 1e3 and z:r5m'
    )
    assert asked.metrics == {"x_total", "y", "z:r5m"}
    assert asked.matched == {("x_total", "b"), ("x_total", "e")}
    assert asked.grouped == {"a", "le"}


@by_name
def test_an_alarm_says_what_is_wrong_how_urgent_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert re.search(r"[\u4e00-\u9fff]", alert["annotations"]["summary"])
    page = ROOT / alert["annotations"]["runbook"]
    assert page.parent == PAGES
    text = page.read_text("utf-8")
    assert alert["alert"] in text.splitlines()[0]
    places = [text.index(section) for section in SECTIONS]
    assert places == sorted(places)


def test_each_page_has_its_alarm_and_is_found_from_the_handbook() -> None:
    pages = {str(page.relative_to(ROOT)) for page in PAGES.glob("*.md")}
    assert pages == {alert["annotations"]["runbook"] for alert in ALERTS}
    handbook = (ROOT / "docs/operations.md").read_text("utf-8")
    for page in pages:
        assert f"]({page.removeprefix('docs/')})" in handbook, page


def test_names_of_alarms_are_given_once() -> None:
    names = [alert["alert"] for alert in ALERTS]
    assert len(names) == len(set(names))


def test_prometheus_asks_every_service_and_the_gateway() -> None:
    config = loaded(FOLDER / "prometheus/prometheus.yml")
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    (found,) = jobs["services"]["dns_sd_configs"]
    serving = {name for name, one in COMPOSE.items() if "build" in one}
    assert set(found["names"]) == serving - {"gateway"}
    assert found["port"] == 8000
    assert jobs["gateway"]["static_configs"][0]["targets"] == ["gateway:8000"]
    secret = Path(jobs["gateway"]["oauth2"]["client_secret_file"])
    assert secret.parent == Path("/run/secrets")
    assert secret.name in COMPOSE["prometheus"]["secrets"]


def test_spans_go_where_jaeger_listens_and_its_metrics_are_asked_for() -> None:
    jaeger = loaded(FOLDER / "jaeger.yaml")
    port = jaeger["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    for name in ("gateway", "cases"):
        endpoint = COMPOSE[name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
        assert endpoint == f"http://jaeger:{port}"
    shown = jaeger["exporters"]["prometheus"]["endpoint"].rpartition(":")[2]
    config = loaded(FOLDER / "prometheus/prometheus.yml")
    targets = [job.get("static_configs") for job in config["scrape_configs"]]
    assert [{"targets": [f"jaeger:{shown}"]}] in targets
    healthy = jaeger["extensions"]["healthcheckv2"]["http"]["endpoint"].rpartition(":")[2]
    assert f":{healthy}/" in COMPOSE["jaeger"]["healthcheck"]["test"][-1]


def test_jaegers_pipelines_use_what_is_declared() -> None:
    jaeger = loaded(FOLDER / "jaeger.yaml")
    for pipeline in jaeger["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(jaeger[kind]) | set(jaeger["connectors"])
    assert set(jaeger["service"]["extensions"]) == set(jaeger["extensions"])


def test_grafana_finds_its_sources_and_its_dashboards() -> None:
    sources = loaded(FOLDER / "grafana/provisioning/datasources/datasources.yml")["datasources"]
    for source in sources:
        host, _, port = source["url"].removeprefix("http://").partition(":")
        assert COMPOSE[host]["ports"][0].endswith(f":{port}")
    (provider,) = loaded(FOLDER / "grafana/provisioning/dashboards/dashboards.yml")["providers"]
    assert f":{provider['options']['path']}:ro" in " ".join(COMPOSE["grafana"]["volumes"])
    used = {
        one["datasource"]["uid"]
        for panel in PANELS
        for one in (panel, *panel.get("targets", ()))
        if "datasource" in one
    }
    assert used <= {source["uid"] for source in sources}


def test_the_panels_of_a_dashboard_lie_side_by_side() -> None:
    for dashboard in DASHBOARDS:
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken, panel["title"]
            assert max(x for x, _ in cells) < 24
            taken |= cells
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(ids) == len(set(ids))


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: `apt-get install prometheus` brings it")
    return found


def test_prometheus_itself_takes_the_rules(promtool: str) -> None:
    files = [str(file) for file in sorted(RULES.glob("*.yml"))]
    done = subprocess.run(
        [promtool, "check", "rules", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_alarms_go_off_when_they_should_and_only_then(promtool: str) -> None:
    cases = Path(__file__).with_name("alarms.yml")
    done = subprocess.run(
        [promtool, "test", "rules", cases], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tried = set(re.findall(r'alertname="(\w+)"', cases.read_text("utf-8")))
    assert tried == {alert["alert"] for alert in ALERTS}
