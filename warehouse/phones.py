"""Phone numbers in E.164 by the world's numbering plans (the library phonenumbers).

The library reads one number in about 60 microseconds, which is half a minute for half a million of them. Nearly all
numbers are plain: digits with brackets, blanks and hyphens, dialled inside their country or with + and calling code.
Those are decided here by the library's own patterns in 2 to 4 microseconds, valid or not; whatever is not that simple
goes to the library. So the answer is always the library's, which a test with numbers of all regions holds against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

import phonenumbers
import pyarrow as pa
from phonenumbers.phonemetadata import PhoneMetadata, PhoneNumberDesc

PLAIN = re.compile(r"\+?[0-9(][0-9 ().-]{1,40}")
SIGNS = str.maketrans("", "", "+ ().-")
NEVER = re.compile(r"(?!)")
KINDS = (
    "mobile fixed_line toll_free premium_rate shared_cost voip personal_number pager uan voicemail".split()  # noqa: SIM905
)


class Answer(Enum):
    """What is known of a number besides its E.164 form."""

    UNDECIDED = 0


@dataclass(frozen=True)
class Region:
    """The valid national numbers of one region."""

    by_length: dict[int, re.Pattern[str]]
    begin: re.Pattern[str] | None
    """How its numbers begin, where that alone tells it from the others of its calling code."""

    def has(self, number: str) -> bool:
        return self.by_length.get(len(number), NEVER).fullmatch(number) is not None


@dataclass(frozen=True)
class Numbers:
    """The valid national numbers of a calling code, which may be several regions'."""

    regions: tuple[Region, ...]
    told_apart: re.Pattern[str]
    """Matches what begins like the numbers of a region with a ``begin``."""

    def have(self, number: str) -> bool:
        if not self.told_apart.match(number):
            return any(region.has(number) for region in self.regions if region.begin is None)
        for region in self.regions:
            if region.begin is not None and region.begin.match(number):
                return region.has(number)
            if region.begin is None and region.has(number):
                return True
        return False


@dataclass(frozen=True)
class Plan:
    """What dialling in a region means, as far as plain numbers need it."""

    calling_code: str
    numbers: Numbers
    general: re.Pattern[str]
    lengths: frozenset[int]
    abroad: re.Pattern[str]
    """Begins a number dialled to another country; such a number is left to the library."""
    stripped: re.Pattern[str]
    """What the library may take from the front of a number."""
    trunk_prefix: str
    """Dialled before a number inside the country, dropped from outside; empty where it isn't that simple."""

    def e164(self, digits: str) -> str | Answer | None:
        """A number dialled inside the region."""
        if self.abroad.match(digits):
            return Answer.UNDECIDED
        is_whole = not self.stripped.match(digits)
        number = digits if is_whole else digits.removeprefix(self.trunk_prefix)
        if not is_whole and (number == digits or self.stripped.match(number)):
            return Answer.UNDECIDED
        # Where the calling code may have been dialled, and where the prefix may belong to the number, form decides.
        is_clear = is_whole and not digits.startswith(self.calling_code)
        if not is_clear and not (len(number) in self.lengths and self.general.fullmatch(number)):
            return Answer.UNDECIDED
        if not is_whole and digits.startswith(self.calling_code) and self.trunk_prefix != self.calling_code:
            return Answer.UNDECIDED
        return f"+{self.calling_code}{number}" if self.numbers.have(number) else None


def e164(value: str, country_code: str) -> str | None:
    """``+`` and digits; None for what the library does not hold for a valid number dialled in that country.

    Args:
        value: A number as somebody wrote it.
        country_code: ISO 3166-1 alpha-2, upper case. An unknown one leaves only numbers with + and calling code.
    """
    if PLAIN.fullmatch(value):
        digits = value.translate(SIGNS)
        found = _international(digits) if value[0] == "+" else _national(digits, country_code)
        if not isinstance(found, Answer):
            return found
    return by_the_library(value, country_code)


def by_the_library(value: str, country_code: str) -> str | None:
    """The same, by the library alone. 00 begins an international number everywhere, if it makes one."""
    for written in (value, "+" + value[2:]) if value.startswith("00") else (value,):
        try:
            number = phonenumbers.parse(written, country_code)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def e164_column(values: pa.Array, country_codes: pa.Array) -> pa.Array:
    """``e164`` of two text columns of one length; null where either is null."""
    pairs = zip(values.to_pylist(), country_codes.to_pylist(), strict=True)
    return pa.array(
        [None if value is None or country is None else e164(value, country) for value, country in pairs], pa.string()
    )


def _national(digits: str, country_code: str) -> str | Answer | None:
    plan = _plan(country_code)
    return plan.e164(digits) if plan and not digits.startswith("00") else Answer.UNDECIDED


def _international(digits: str) -> str | Answer | None:
    """A number with its calling code in front."""
    for length in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0))
        if regions and digits[0] != "0":
            plan, number = _plan(regions[0]), digits[length:]
            if plan is None or len(digits) < 4 or plan.stripped.match(number):
                return Answer.UNDECIDED
            return f"+{digits}" if plan.numbers.have(number) else None
    return Answer.UNDECIDED


@cache
def _plan(region: str) -> Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or metadata.general_desc is None:
        return None
    prefix, stripped = metadata.national_prefix or "", metadata.national_prefix_for_parsing or ""
    # Only then is the prefix, where a number begins with it, all that the library takes away.
    is_simple = prefix.isdigit() and "(" not in stripped and stripped.split("|")[0] == prefix
    return Plan(
        calling_code=str(metadata.country_code),
        numbers=_numbers(metadata.country_code),
        general=re.compile(str(metadata.general_desc.national_number_pattern)),
        lengths=frozenset(metadata.general_desc.possible_length),
        abroad=re.compile(metadata.international_prefix) if metadata.international_prefix else NEVER,
        stripped=re.compile(stripped) if stripped else NEVER,
        trunk_prefix=prefix if is_simple else "",
    )


@cache
def _numbers(calling_code: int) -> Numbers:
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[calling_code]
    found = [PhoneMetadata.metadata_for_region(code, None) for code in codes]
    every = [metadata for metadata in found if metadata is not None]
    begins = [metadata.leading_digits if len(codes) > 1 else None for metadata in every]
    told = [f"(?:{begin})" for begin in begins if begin]
    return Numbers(
        regions=tuple(
            Region(_valid(metadata), re.compile(begin) if begin else None)
            for metadata, begin in zip(every, begins, strict=True)
        ),
        told_apart=re.compile("|".join(told)) if told else NEVER,
    )


def _valid(metadata: PhoneMetadata) -> dict[int, re.Pattern[str]]:
    """Digits -> what a number of a kind looks like; it counts only if the general pattern has it too."""
    general = metadata.general_desc or PhoneNumberDesc()
    patterns: dict[int, dict[str, None]] = {}
    for kind in (getattr(metadata, name) for name in KINDS):
        if kind is not None and kind.national_number_pattern:
            for length in kind.possible_length or general.possible_length:
                patterns.setdefault(length, {})[f"(?:{kind.national_number_pattern})"] = None
    return {
        length: re.compile(f"(?=(?:{general.national_number_pattern})$)(?:{'|'.join(of_length)})")
        for length, of_length in patterns.items()
        if not general.possible_length or length in general.possible_length
    }
