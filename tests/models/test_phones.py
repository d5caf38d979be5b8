"""Our shortcut through the numbering plans gives what the library gives, for numbers of all its regions and near misses."""

from __future__ import annotations

from random import Random

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import phones

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = (
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.TOLL_FREE,
    phonenumbers.PhoneNumberType.PREMIUM_RATE,
    phonenumbers.PhoneNumberType.VOIP,
)


def written(random: Random, region: str) -> str:
    """A number of a region, perhaps with digits wrong, missing or too many, in one of the ways people write it."""
    examples = [found for kind in KINDS if (found := phonenumbers.example_number_for_type(region, kind))]
    number = random.choice(examples or [phonenumbers.example_number("US")])
    code = number.country_code
    digits = phonenumbers.national_significant_number(number)
    changed = random.choice([0, 0.1, 0.4])
    digits = "".join(str(random.randint(0, 9)) if random.random() < changed else digit for digit in digits)
    digits = random.choice([digits, digits, digits, digits[:-1], f"{digits}{random.randint(0, 9)}"])
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""
    return random.choice(
        [
            digits,
            f"{trunk}{digits}",
            f"+{code}{digits}",
            f"{code}{digits}",
            f"00{code}{digits}",
            f"011{code}{digits}",
            f"+{code} ({trunk}) {digits}",
            f"({digits[:3]}) {digits[3:6]}-{digits[6:]}",
            f"{digits} ext. 5",
            f"tel:{digits}",
        ]
    )


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_equals_the_library(seed: int) -> None:
    random = Random(seed)
    for _ in range(1200):
        dialled_in = random.choice(REGIONS)
        value = written(random, random.choice([dialled_in, dialled_in, random.choice(REGIONS)]))
        assert phones.e164(value, dialled_in) == phones.by_the_library(value, dialled_in), (value, dialled_in)


@given(st.text(max_size=20) | st.text("+0123456789 ()-.x", max_size=20), st.sampled_from([*REGIONS, "ZZ", ""]))
def test_any_text_is_a_number_or_none(value: str, region: str) -> None:
    assert phones.e164(value, region) == phones.by_the_library(value, region)


def test_plain_numbers_do_not_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shortcut is taken where it matters: a build reads hundreds of thousands of these."""

    def unexpected(value: str, country_code: str) -> None:
        pytest.fail(f"{value} in {country_code} went the long way")

    monkeypatch.setattr(phones, "by_the_library", unexpected)
    assert phones.e164("(212) 555-0100", "US") == "+12125550100"
    assert phones.e164("1-212-555-0100", "US") == "+12125550100"
    assert phones.e164("416 555 0100", "US") == "+14165550100"  # Toronto
    assert phones.e164("+44 20 7946 0958", "US") == "+442079460958"
    assert phones.e164("020 7946 0958", "GB") == "+442079460958"
    assert phones.e164("555-0100", "US") is None
    assert phones.e164("(012) 555-0100", "US") is None
    with pytest.raises(pytest.fail.Exception, match="the long way"):  # 1 may be the trunk prefix or the calling code
        phones.e164("199 555 0100", "US")
