"""M19: the published test vectors of every platform, our own for what differs between them, and what must never leave."""

from __future__ import annotations

import base64

import pyarrow as pa
import pytest

from activation.identifiers import (
    CLEAR,
    EMPTY_HASHES,
    HASHED,
    email,
    google_address,
    md5_hex,
    normal_form,
    phone,
    prepare,
    prepare_column,
    sha256_hex,
)

# platform, kind, value as typed, normal form, published SHA-256
PUBLISHED = [
    ("meta", "email", " John_Smith@Gmail.com ", "john_smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("meta", "phone", "+1 (650) 555-1212", "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("meta", "given_name", "Mary", "mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    ("meta", "given_name", "Valéry", "valéry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("meta", "given_name", "정", "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    ("google", "email", "Alexz@Example.com", "alexz@example.com", "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a"),
    ("google", "phone", "+1 800 555 0100", "+18005550100", "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
    ("google", "given_name", " GivenName ", "givenname", "128a07bfe2df877c52076e60d7774cf5baaa046c5a6c48daf30ff43ecca2f814"),
    ("google", "family_name", "FamilyName", "familyname", "77762c287e61ce065bee5c15464012c6fbe088398b8057627d5577249430d574"),
    ("google", "email", "cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com", "223ebda6f6889b1494551ba902d9d381daf2f642bae055888e96343d53e9f9c4"),
    ("google", "email", "User.Name+nyc@example.com", "user.name+nyc@example.com", "f109a2a632fbcea5fc82049f50beed3d8621bf9034399f437fb622222acccdac"),
    ("tiktok", "email", "JaneDoe@gmail.com", "janedoe@gmail.com", "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
    ("tiktok", "phone_digits", "+37493828222", "37493828222", "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"),
    ("tiktok", "mobile_ad_id", "5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25", "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25", "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd"),
]  # fmt: skip

# Our own: one input, two platforms, two hashes.
OWN = [
    ("meta", "email", " Ana.Lima+promo@Gmail.com ", "ana.lima+promo@gmail.com", "4e3ace22ae102cb90e315df6f5b8eae38a10e305214baef7b6da5c4f17f8cecf"),
    ("google", "email", " Ana.Lima+promo@Gmail.com ", "analima@gmail.com", "c71668a55671a14db9f6ddbb4a29fcd4daf6c7fcecb08d53648887fa3b43ec1c"),
    ("meta", "phone", "+55 (11) 98765-4321", "5511987654321", "029c7290f14c4516673508635f0519db95f7daf42057fd0e4ad1de84c5408a66"),
    ("google", "phone", "+55 (11) 98765-4321", "+5511987654321", "38225ec3dccec4189659c110ddc4f3dc9c27539850cb6a9ddae31ae03a5cf441"),
    ("meta", "given_name", "z\u00e9", "z\u00e9", "4f31db152036a4618dfe36836b7974aa34ba973a6f486fd9533f52c8230a9a32"),
    ("meta", "given_name", "ze\u0301", "z\u00e9", "4f31db152036a4618dfe36836b7974aa34ba973a6f486fd9533f52c8230a9a32"),
]  # fmt: skip


@pytest.mark.parametrize(("platform", "kind", "value", "normal", "digest"), PUBLISHED + OWN)
def test_vectors(platform: str, kind: str, value: str, normal: str, digest: str) -> None:
    assert normal_form(platform, kind, value) == normal
    assert prepare(platform, kind, value) == digest


def test_google_base64_is_the_same_bytes() -> None:
    hashed = prepare("google", "email", "alexz@example.com"), prepare("google", "phone", "+18005550100")
    encoded = [base64.b64encode(bytes.fromhex(str(value))).decode() for value in hashed]
    assert encoded == ["UJ6TMBm7KFoTSpM0uLtnnf950M4CPVKa9L10TUe0/Yo=", "+09zpuxf23B31WTN0iw1VLQ85JFoVQw7EsVHt4xRezA="]


def test_mailchimp_path_key() -> None:
    assert md5_hex(email("Ana.Lima@example.com")) == "c76377078850b0c7e72a02c99d721acb"


# Where the vendors' own libraries go wrong, the form that their pages ask for.
@pytest.mark.parametrize(
    ("kind", "value", "country", "normal"),
    [
        ("family_name", "O'Brien-Smith Jr.", None, "obriensmith jr"),
        ("city", "São Paulo", "BR", "sãopaulo"),
        ("postal_code", "SW1A 1AA", "GB", "sw1a1aa"),
        ("postal_code", "94103-1234", "US", "94103"),
        ("postal_code", "1229-076", "PT", "1229076"),
        ("country_code", "USA", None, "us"),
        ("country_code", "United Kingdom", None, "gb"),
        ("country_code", "Wakanda", None, None),
        ("phone", "0044 20 7183 8750", None, "442071838750"),
        ("phone", "+44 (0)20 7183 8750", None, "442071838750"),
        ("phone", "6505551212", None, None),
        ("phone", "6505551212", "US", "16505551212"),
        ("gender", "Female", None, "f"),
        ("region_code", "California", "US", "ca"),
        ("region_code", "NY", "US", "ny"),
        ("region_code", "New South Wales", "AU", "newsouthwales"),
        ("birth_date", "1990-05-02", None, "19900502"),
    ],
)
def test_meta_forms(kind: str, value: str, country: str | None, normal: str | None) -> None:
    assert normal_form("meta", kind, value, country) == normal


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("email", "Cloudy. SanFrancisco @ GoogleMail.com", "cloudysanfrancisco@googlemail.com"),
        ("given_name", "Mr. John", "john"),
        ("given_name", "Dr", "dr"),
        ("family_name", "Smith-Jones, Jr.", "smith-jones"),
        ("family_name", "Smith DDS", "smith"),
    ],
)
def test_google_forms(kind: str, value: str, normal: str) -> None:
    assert normal_form("google", kind, value) == normal


def test_google_address_needs_all_four_parts() -> None:
    address = google_address("John", "Smith", "us", "941031234")
    assert address is not None
    assert (address["region_code"], address["postal_code"]) == ("US", "94103-1234")
    assert len(address["given_name"]) == len(address["family_name"]) == 64
    assert google_address("John", "Smith", "US", None) is None
    assert google_address("John", "", "US", "94103") is None


def test_tiktok_drops_the_suffix_and_keeps_dots() -> None:
    assert normal_form("tiktok", "email", "Jane. Doe+x@gmail.com") == "jane.doe@gmail.com"
    assert normal_form("tiktok", "phone", "+374 93 828222") == "+37493828222"


def test_clear_platforms_get_clear_values() -> None:
    for platform in ("klaviyo", "mailchimp", "zendesk", "shopify"):
        assert prepare(platform, "email", " Ana@Example.com ") == "ana@example.com"
        assert prepare(platform, "phone", "+1 212 555 0123") == "+12125550123"
        assert prepare(platform, "phone", "212 555 0123") is None


@pytest.mark.parametrize("value", ["", "   ", "\u200b", None, "...", "@", "a@b", "a b@example.com", "null"])
def test_what_is_no_address_is_never_hashed(value: str | None) -> None:
    for platform in ("meta", "klaviyo"):
        assert prepare(platform, "email", value) is None


def test_no_rule_ever_gives_the_hash_of_nothing() -> None:
    assert sha256_hex("") is None
    assert md5_hex("") is None
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" in EMPTY_HASHES
    for rules in (HASHED, CLEAR):
        for platform, kinds in rules.items():
            for kind in kinds:
                for value in ("", " ", "\u200b\ufeff", "-", "+@gmail.com", "...@gmail.com", "'"):
                    assert prepare(platform, kind, value) not in EMPTY_HASHES | {""}, (platform, kind, value)


def test_dirt_from_data_entry_is_cleaned() -> None:
    assert email("\u200bAna@Example.com.") == "ana@example.com"
    assert phone("\uff0b\uff11 212 555 \uff10123") == "+12125550123"
    assert phone("212 555 0123", "us") == "+12125550123"


def test_a_column_gives_the_same_as_its_values() -> None:
    values = ["Ana@gmail.com", None, "a.n.a@gmail.com", "", "Ana@gmail.com"]
    prepared = prepare_column("google", "email", pa.chunked_array([values[:2], values[2:]]))
    assert prepared.to_pylist() == [prepare("google", "email", value) for value in values]
    assert prepared.null_count == 2


def test_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(KeyError):
        prepare("google", "gender", "f")
