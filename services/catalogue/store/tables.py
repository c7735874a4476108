"""The catalogue's tables."""

from sqlalchemy import Column, Date, Float, ForeignKey, Index, Integer, MetaData, Table, Text

from shared.db import Document, Key, UTCDateTime
from shared.service import Mechanisms

metadata = MetaData()
mechanisms = Mechanisms(metadata)

regions = Table(
    "regions",
    metadata,
    Column("code", Key(12), primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", Key(12), index=True),
    Column("level", Key(10), nullable=False),
    Column("sequence", Integer, nullable=False),
)

departments = Table(
    "departments",
    metadata,
    Column("code", Key(18), primary_key=True),
    Column("name", Text, nullable=False),
    Column("short_name", Text, nullable=False),
    Column("region", Key(12), nullable=False, index=True),
    Column("contact", Document(), nullable=False),
    Column("sequence", Integer, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("code", Key(64), primary_key=True),
    Column("base_code", Key(12), index=True),
    Column("local_code", Key(64), index=True),
    Column("department", Key(18), nullable=False, index=True),
    Column("region", Key(12), nullable=False, index=True),
    Column("status", Key(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", Key(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("changed_at", UTCDateTime(), nullable=False),
)

item_versions = Table(
    "item_versions",
    metadata,
    Column("code", Key(64), ForeignKey("items.code"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("effective", Date, nullable=False),
    Column("item", Document(), nullable=False),
)

# An item's audiences and themes, one row each, so that a filter is an index look-up.
item_facets = Table(
    "item_facets",
    metadata,
    Column("kind", Key(10), primary_key=True),
    Column("value", Key(20), primary_key=True),
    Column("code", Key(64), ForeignKey("items.code"), primary_key=True),
    Index("item_facets_code", "code"),
)

item_terms = Table(
    "item_terms",
    metadata,
    Column("term", Key(64), primary_key=True),
    Column("code", Key(64), ForeignKey("items.code"), primary_key=True),
    Column("weight", Float, nullable=False),
    Index("item_terms_code", "code"),
)
