"""What the process manager is told of each program."""

from configparser import RawConfigParser
from pathlib import Path

import pytest

from deploy.stack.layout import Layout
from deploy.stack.programs import Program
from deploy.stack.supervisor import Supervisor

SECRET = "postgresql://tongban_cases:very-secret@127.0.0.1/tongban_cases"
PROGRAMS = (
    Program("postgres", ("/opt/50% off/postgres",), {"LC_ALL": "C"}, user="nobody", ours=False),
    Program("cases", ("python", "{number}"), {"CASES_DATABASE_URL": SECRET}, processes=2),
    Program("gateway", ("python",), priority=200),
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout.at(tmp_path / "a%b c")
    made.programs.mkdir(parents=True)
    Supervisor(made).configure(PROGRAMS, ["postgres"])
    return made


@pytest.fixture
def written(layout: Layout) -> RawConfigParser:
    parser = RawConfigParser(inline_comment_prefixes=(";",))
    parser.read(layout.supervisor)
    return parser


def test_a_service_has_one_socket_for_all_its_processes(
    layout: Layout, written: RawConfigParser
) -> None:
    section = written["fcgi-program:cases"]
    assert section["numprocs"] == "2"
    assert section["socket"] == f"unix://{layout.socket('cases')}".replace("%", "%%")
    assert section["process_name"] == "%(program_name)s_%(process_num)d"
    assert section["command"].endswith("cases %(program_name)s_%(process_num)d")
    assert "fcgi-program:gateway" not in written


def test_every_process_is_started_again_with_growing_pauses(written: RawConfigParser) -> None:
    for name in ("program:postgres", "fcgi-program:cases", "program:gateway"):
        assert written[name]["autorestart"] == "true"
        assert int(written[name]["startretries"]) > 10


def test_only_what_the_services_stand_on_starts_with_the_manager(
    written: RawConfigParser,
) -> None:
    assert written["program:postgres"]["autostart"] == "true"
    assert written["fcgi-program:cases"]["autostart"] == "false"


def test_what_runs_as_another_user_needs_nothing_of_ours(written: RawConfigParser) -> None:
    section = written["program:postgres"]
    assert section["user"] == "nobody"
    assert section["command"] == "'/opt/50%% off/postgres'"
    assert section["directory"] == "/"


def test_passwords_are_for_the_owner_only(layout: Layout) -> None:
    assert "very-secret" not in layout.supervisor.read_text()
    file = layout.programs / "cases.json"
    assert "very-secret" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_logs_are_in_one_folder_and_do_not_grow_for_ever(
    layout: Layout, written: RawConfigParser
) -> None:
    for section in (written[name] for name in written.sections() if "program:" in name):
        assert section["stdout_logfile"].startswith(str(layout.logs).replace("%", "%%"))
        assert section["stdout_logfile_maxbytes"] == "10MB"
        assert section["redirect_stderr"] == "true"
