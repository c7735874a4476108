"""The tables of identity hang on this metadata, with those of the shared mechanisms."""

from sqlalchemy import MetaData

from shared.service import Mechanisms

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
mechanisms = Mechanisms(metadata)
