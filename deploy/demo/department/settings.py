"""What the department's system is told: DEMO_DEPARTMENT_* in the environment."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where its registers lie, which key opens them, and how it is taken down for a trial."""

    model_config = SettingsConfigDict(env_prefix="DEMO_DEPARTMENT_", frozen=True, extra="ignore")

    registers: Path = Path("deploy/demo/registers")
    key_file: Path = Path("var/keys/connectors/demo-department.key")
    down_file: Path = Path("var/department.down")  # while it exists, nothing is answered
