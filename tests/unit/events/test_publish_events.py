import pytest
from pydantic import ValidationError

from shared.events import Event, published_by, service_of, topic_of


class LampCommon(Event):
    lamp: str


class LampLit(LampCommon):
    TYPE = "tongban.lamp.lit.v1"


class LampBroken(LampCommon):
    TYPE = "tongban.lamp.broken.v1"


def test_a_service_lists_the_events_that_it_publishes() -> None:
    assert published_by("lamp") == {
        "tongban.lamp.broken.v1": LampBroken,
        "tongban.lamp.lit.v1": LampLit,
    }
    assert published_by("nobody") == {}


def test_a_type_names_its_service_and_topic() -> None:
    assert (service_of(LampLit.TYPE), topic_of(LampLit.TYPE)) == ("lamp", "tongban.lamp")


def test_a_published_event_takes_no_unknown_field_and_does_not_change() -> None:
    with pytest.raises(ValidationError):
        LampLit(lamp="a", colour="red")  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        setattr(LampLit(lamp="a"), "lamp", "b")  # noqa: B010 - the type checker refuses it too


def test_a_type_has_one_owner() -> None:
    with pytest.raises(TypeError, match="already published by"):

        class SecondLampLit(Event):
            TYPE = "tongban.lamp.lit.v1"


@pytest.mark.parametrize(
    "wrong", ["lamp.lit.v1", "tongban.lamp.lit", "tongban.Lamp.lit.v1", "tongban.lamp.lit.v0"]
)
def test_a_type_that_breaks_the_naming_rule_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"tongban\.<service>\.<fact>\.v<n>"):
        type("Wrong", (Event,), {"TYPE": wrong, "__module__": __name__})
