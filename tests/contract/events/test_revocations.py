"""What every verifier hears of identity is what identity publishes."""

import pytest

from services.identity import events
from shared.auth.revocation_feed import REVOKED, TOPIC
from shared.events import published_by, topic_of


@pytest.mark.parametrize("event_type", sorted(REVOKED))
def test_each_revocation_is_an_event_of_identity_that_names_its_id(event_type: str) -> None:
    assert topic_of(event_type) == TOPIC
    published = published_by("identity")[event_type]
    assert published.__module__ == events.__name__
    assert published.model_fields[REVOKED[event_type]].annotation is str
