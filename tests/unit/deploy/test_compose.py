"""What docker-compose.yml promises: hardened containers, one open door, settings that are read."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from deploy.stack.kafka.jars import version as kafka_version
from deploy.stack.postgres import Place
from deploy.stack.postgres.cluster import SMALL_MACHINE
from deploy.stack.postgres.provision import script
from tests.support import compose_file
from tests.support.images import DOCKERFILE
from tests.support.recipe import Recipe
from tests.support.sources import ROOT

SET = {"PUBLIC_BASE": "https://city.example"}
FILE = compose_file.read(SET)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
JOBS = {name for name, one in SERVICES.items() if one.get("restart") == "no"}
OURS = {name for name, one in SERVICES.items() if one["image"].startswith("tongban/")}
SERVING = OURS - JOBS
IMAGE = Recipe(DOCKERFILE, ROOT).stages[-1]

every = pytest.mark.parametrize("name", sorted(SERVICES))
serving = pytest.mark.parametrize("name", sorted(SERVING))


def test_it_is_a_compose_file() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", compose_file.FILE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_docker_reads_it_as_we_do() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False).returncode:
        pytest.skip("no docker client with the compose plugin is here")
    asked = [docker, "compose", "-f", str(compose_file.FILE), "config", "--format", "json"]
    told = subprocess.run(
        asked, env={**os.environ, **SET}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert set(re.findall(r'"image": "(.*?)"', told.stdout)) == {
        one["image"] for one in SERVICES.values()
    }


def test_the_address_must_be_said_before_anything_starts() -> None:
    with pytest.raises(compose_file.Missing, match=r"\.env"):
        compose_file.read({})


def test_each_service_that_can_run_alone_is_here() -> None:
    found = {app.parent.name for app in (ROOT / "services").glob("*/app.py")}
    assert found - {"traces"} == SERVING - {"gateway"}  # Jaeger is here instead


@every
def test_a_container_is_hardened(name: str) -> None:
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", one["user"])
    assert "privileged" not in one


@every
def test_a_container_is_limited_in_what_it_takes(name: str) -> None:
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert set(SERVICES[name]["logging"]["options"]) == {"max-size", "max-file"}


def test_all_of_it_fits_into_six_gigabytes() -> None:
    unit = {"M": 1, "G": 1024}
    taken = [
        one["deploy"]["resources"]["limits"]["memory"]
        for name, one in SERVICES.items()
        if name not in JOBS
    ]
    assert sum(int(text[:-1]) * unit[text[-1]] for text in taken) <= 6 * 1024


@every
def test_a_container_has_a_health_check_or_ends_by_itself(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in JOBS:
        assert check == {"disable": True}
    else:
        assert SERVICES[name]["restart"] == "unless-stopped"
        assert {"test", "interval", "timeout", "retries", "start_period"} <= set(check)


@every
def test_a_container_waits_for_what_is_healthy_or_done(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        done = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how == {"condition": done}, other


@every
def test_an_image_is_pinned_to_a_version(name: str) -> None:
    repository, _, tag = SERVICES[name]["image"].rpartition(":")
    if name in OURS:
        assert tag == "local"
    else:
        assert repository
        assert re.fullmatch(r"v?\d+(\.\d+)+(-[\w.]+)?", tag)


def test_the_broker_is_the_one_that_is_tested_here() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"


def test_only_the_gateway_can_be_opened_to_others() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert set(published) == {"gateway", "grafana", "jaeger", "prometheus"}
    for name, ports in published.items():
        assert all(port.startswith("127.0.0.1:") for port in ports), name
    opened = compose_file.read({**SET, "GATEWAY_BIND": "0.0.0.0"})["services"]
    assert opened["gateway"]["ports"] == ["0.0.0.0:8000:8000"]
    assert all(opened[name]["ports"] == published[name] for name in set(published) - {"gateway"})


def test_who_reaches_outside_is_said_and_nobody_else_does() -> None:
    open_networks = {name for name, how in FILE["networks"].items() if not how.get("internal")}
    reaching = {name for name, one in SERVICES.items() if open_networks & set(one["networks"])}
    assert reaching == {"gateway", "exchange", "grafana", "jaeger", "prometheus"}


def test_only_services_and_their_jobs_reach_the_databases() -> None:
    near = {name for name, one in SERVICES.items() if "data" in one["networks"]}
    assert near == (OURS - {"gateway"}) | {"postgres", "databases"}


@serving
def test_a_service_listens_and_is_asked_as_its_image_says(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"] == ["CMD", *IMAGE.only("HEALTHCHECK").words]
    port = IMAGE.only("EXPOSE").rest
    assert SERVICES[name]["environment"][f"{name.upper()}_URL"] == f"http://{name}:{port}"


@serving
def test_a_service_is_built_from_the_one_recipe(name: str) -> None:
    build = SERVICES[name]["build"]
    assert (ROOT / build["dockerfile"]).samefile(DOCKERFILE)
    assert build["args"] == {"SERVICE": name}


def settings_of(part: str) -> list[type[BaseSettings]]:
    """The settings that the image of this part reads."""
    own = "gateway.settings" if part == "gateway" else f"services.{part}.settings"
    return [
        found
        for module in (own, "shared.telemetry.settings")
        for found in vars(importlib.import_module(module)).values()
        if isinstance(found, type)
        and issubclass(found, BaseSettings)
        and found.__module__ == module
    ]


def read_by(part: str) -> dict[str, Any]:
    """Each variable of these settings with its default; None: it has none."""
    return {
        field.alias or f"{settings.model_config.get('env_prefix', '')}{name}".upper(): (
            None if field.is_required() else str(field.default)
        )
        for settings in settings_of(part)
        for name, field in settings.model_fields.items()
    }


@serving
def test_a_service_is_told_what_has_no_default_that_holds_in_a_container(name: str) -> None:
    given = {one.removesuffix("_FILE") for one in SERVICES[name]["environment"]}
    needed = {
        variable
        for variable, default in read_by(name).items()
        if default is None or "var/" in default or "localhost" in default
    }
    assert needed
    assert needed - given == set()


def test_no_variable_is_set_that_nobody_reads() -> None:
    known = {variable for name in SERVING for variable in read_by(name)}
    for name in sorted(OURS):
        given = {one.removesuffix("_FILE") for one in SERVICES[name]["environment"]}
        assert given - known == set(), name


def test_secrets_are_files_that_only_who_needs_them_gets() -> None:
    for name in SERVING - {"gateway"}:
        assert SERVICES[name]["secrets"] == [f"{name}_database"]
        assert SERVICES[f"{name}-setup"]["secrets"] == [f"{name}_owner"]
    assert "secrets" not in SERVICES["gateway"]
    assert "_PASSWORD:" not in compose_file.FILE.read_text("utf-8")
    named = {secret for one in SERVICES.values() for secret in one.get("secrets", ())}
    assert named == set(FILE["secrets"])


def test_the_script_makes_each_secret_once(tmp_path: Path) -> None:
    made = ["sh", str(ROOT / "deploy/compose/secrets.sh"), str(tmp_path / "secrets")]
    subprocess.run(made, check=True, capture_output=True)
    first = {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()}
    assert set(first) == set(FILE["secrets"])
    assert len(set(first.values())) == len(first)
    (tmp_path / "secrets/grafana_admin").unlink()
    again = subprocess.run(made, check=True, capture_output=True, text=True)
    assert again.stdout.count("made") == 1
    second = {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()}
    assert {name for name in first if first[name] != second[name]} == {"grafana_admin"}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_a_secrets_address_is_the_place_of_its_service(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run(
        ["sh", ROOT / "deploy/compose/secrets.sh", folder], check=True, capture_output=True
    )
    for name in SERVING - {"gateway"}:
        place = Place(name)
        for secret, role in (("owner", place.owner), ("database", place.runtime)):
            text = (folder / f"{name}_{secret}").read_text()
            assert re.fullmatch(
                rf"postgresql://{role}:[0-9a-f]{{64}}@postgres/{place.database}\n", text
            )


def test_the_databases_are_those_that_the_stack_makes() -> None:
    places = [Place(name) for name in ("identity", "catalogue", "cases", "exchange", "portal")]
    assert {place.service for place in places} == SERVING - {"gateway"}
    assert (ROOT / "deploy/compose/databases.sql").read_text("utf-8") == script(places, {})


def test_postgres_is_set_as_in_the_stack_but_for_its_size() -> None:
    given = dict(word.removeprefix("-c").split("=") for word in SERVICES["postgres"]["command"][1:])
    sizes = {"max_connections", "shared_buffers", "work_mem", "maintenance_work_mem"}
    by_themselves = {"max_wal_size", "password_encryption", "log_line_prefix"}
    kept = {
        name: value for name, value in SMALL_MACHINE.items() if name not in sizes | by_themselves
    }
    assert kept.items() <= given.items()


def test_what_is_mounted_from_here_is_in_the_repository() -> None:
    for name, one in SERVICES.items():
        for volume in one.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), name
                assert volume.endswith(":ro"), name
            else:
                assert source in FILE["volumes"], name


def test_each_variable_of_the_file_is_explained() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    explained = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert set(explained) == set(compose_file.variables())
    for name, default in compose_file.variables().items():
        assert default in (None, explained[name]), name
