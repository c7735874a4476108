"""What the department's system is told: DEMO_DEPARTMENT_* in the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where its registers lie, which key opens them, and how it is taken down for a trial."""

    model_config = SettingsConfigDict(env_prefix="DEMO_DEPARTMENT_", frozen=True, extra="ignore")

    registers: Path = Path(__file__).parents[1] / "registers"
    down_file: Path = Path("var/department.down")  # while it exists, nothing is answered
    keys_folder: Path = Field(Path("var/keys"), alias="KEYS_FOLDER")

    @property
    def key_file(self) -> Path:
        """The key that its callers send: exchange finds it as the credential `demo-department`."""
        return self.keys_folder / "connectors" / "demo-department.key"
