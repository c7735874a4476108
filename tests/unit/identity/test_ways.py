"""What each way to log in proves, and how far it carries."""

from datetime import UTC, datetime, timedelta

from services.identity.domain.logins import Login
from services.identity.domain.ways import (
    EMAIL,
    PASSKEY,
    PASSWORD,
    TOTP,
    WAYS,
    carried_over,
    proof_of,
    raising,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
# RFC 8176, section 2; what is not there is a name of our own.
REGISTERED = {"face", "fpt", "geo", "hwk", "iris", "kba", "mca", "mfa", "otp", "pin", "pwd", "rba"}
REGISTERED |= {"retina", "sc", "sms", "swk", "tel", "user", "vbm", "wia"}


def _login(level: int, assurance: int) -> Login:
    return Login(
        id="ses_1",
        person="psn_1",
        amr=("pwd",),
        assurance=assurance,
        level=level,
        auth_time=NOW,
        expires_at=NOW + timedelta(hours=1),
    )


def test_every_value_is_registered_or_says_whose_it_is() -> None:
    for way in WAYS:
        assert all(one in REGISTERED or one.startswith("urn:tongban:") for one in way.amr)


def test_two_ways_say_all_their_values_and_that_they_are_two() -> None:
    assert proof_of(PASSWORD).amr == ("pwd",)
    both = proof_of(PASSWORD, TOTP)
    assert both.amr == ("mfa", "otp", "pwd")
    assert both.assurance == 4


def test_a_login_claims_neither_more_than_the_account_nor_than_its_way() -> None:
    assert proof_of(PASSKEY).level_of(2) == 2
    assert proof_of(EMAIL).level_of(4) == 2


def test_only_ways_that_carry_so_far_raise_a_login() -> None:
    assert PASSKEY in raising(_login(3, 3), 4, level=4)
    assert PASSWORD not in raising(_login(3, 3), 4, level=4)
    assert raising(_login(2, 3), 3, level=2) == ()
    assert raising(_login(3, 3), 3, level=3) == ()


def test_a_login_let_in_from_a_phone_is_no_better_than_the_phones() -> None:
    carried = carried_over(_login(2, 3))
    assert carried.amr == ("mca", "pwd")
    assert carried.assurance == 2
