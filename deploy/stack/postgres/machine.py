"""What this machine has of PostgreSQL: its programs, its user, and folders that it can get to."""

import hashlib
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from deploy.stack.postgres.errors import ClusterFailed

SYSTEM_USER = "postgres"
_PACKAGED = Path("/usr/lib/postgresql")
_LONGEST_SOCKET = 90
_MISSING = (
    "没有安装 PostgreSQL：Debian 或 Ubuntu 上 apt-get install postgresql "
    "(PostgreSQL is not installed: on Debian or Ubuntu `apt-get install postgresql`)"
)
_NOBODY = (
    "以 root 运行时需要系统用户 postgres：apt-get install postgresql 会建立它 "
    "(as root the system's user `postgres` is needed: `apt-get install postgresql` makes it)"
)


def missing() -> str | None:
    """Why no cluster can run here and what to install, or None."""
    if _newest() is None:
        return _MISSING
    return _NOBODY if os.geteuid() == 0 and _account() is None else None


def program(name: str, data: Path) -> Path:
    """One of PostgreSQL's programs: of the version that made the data, else the newest."""
    made_by = data / "PG_VERSION"
    if made_by.exists():
        version = made_by.read_text("ascii").strip()
        if (_PACKAGED / version / "bin/postgres").exists():
            return _PACKAGED / version / "bin" / name
    programs = _newest()
    if programs is None:
        raise ClusterFailed(_MISSING)
    return programs / name


def unreachable(folder: Path) -> str | None:
    """Why PostgreSQL's user cannot get to the folder, or None."""
    account = _account() if os.geteuid() == 0 else None
    if account is None:
        return None
    for above in reversed(folder.absolute().parents):
        if above.exists() and not _may_enter(above, account):
            return (
                f"用户 {SYSTEM_USER} 进不了 {above}：换一个文件夹 "
                f"(the user {SYSTEM_USER} may not enter {above}: choose another folder)"
            )
    return None


def reachable(folder: Path) -> Path:
    """The folder itself, or one of its own in /var/lib where PostgreSQL's user cannot get to it.

    A clone of root's often lies below a folder that is root's alone.
    """
    if unreachable(folder) is None:
        return folder
    return Path("/var/lib") / f"tongban-{_digest(folder)}"


def socket_folder(folder: Path) -> Path:
    """Beside the data, or a short one where that makes too long an address for a socket."""
    beside = folder / "run"
    if len(str(beside)) <= _LONGEST_SOCKET:
        return beside
    return Path(tempfile.gettempdir()) / f"tongban-pg-{_digest(folder)}"


def not_ours(folder: Path) -> str | None:
    """Why a folder that is there already is not to be used: somebody else made it."""
    if not os.path.lexists(folder):
        return None
    account = _account()
    ours = {os.geteuid(), *([account.pw_uid] if os.geteuid() == 0 and account else [])}
    if folder.is_dir() and not folder.is_symlink() and folder.lstat().st_uid in ours:
        return None
    return f"{folder} 不是我们的文件夹 ({folder} is not a folder of ours)"


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    found = folder.stat()
    groups = os.getgrouplist(account.pw_name, account.pw_gid)
    if found.st_uid == account.pw_uid:
        return bool(found.st_mode & 0o100)
    return bool(found.st_mode & (0o010 if found.st_gid in groups else 0o001))


def _digest(folder: Path) -> str:
    return hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:12]


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None


def _newest() -> Path | None:
    """The folder of the newest installed `postgres`, or None."""
    found = sorted(_PACKAGED.glob("*/bin/postgres"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def _version(path: Path) -> int:
    return int(path.parts[-3]) if path.parts[-3].isdigit() else 0
