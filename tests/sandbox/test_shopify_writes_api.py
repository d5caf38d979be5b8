"""Shopify's tags and metafields as its documents describe them: all or nothing, replaced or added, whose namespace."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.sandbox.conftest import Shopify

SET = """mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) {
    metafields { namespace key value compareDigest } userErrors { field code elementIndex } } }"""


@pytest.fixture
def gid(shopify: Shopify) -> str:
    return str(shopify.query("{ customers(first: 1) { nodes { id } } }")["customers"]["nodes"][0]["id"])


@pytest.fixture
def key() -> str:
    return f"k_{uuid.uuid4().hex[:8]}"


def field(gid: str, key: str, value: str = "x", **more: Any) -> dict[str, Any]:
    place = {"ownerId": gid, "namespace": "$app:demo", "key": key}
    return {**place, "type": "single_line_text_field", "value": value, **more}


def read(shopify: Shopify, gid: str, key: str) -> Any:
    query = """query($id: ID!, $key: String!) { customer(id: $id) { tags updatedAt
        metafield(namespace: "$app:demo", key: $key) { namespace value type } } }"""
    return shopify.query(query, {"id": gid, "key": key})["customer"]


def test_metafields_are_set_all_or_none(shopify: Shopify, gid: str, key: str) -> None:
    rows = [
        field(gid, key),
        field(gid, f"{key}2", "large", type="number_integer"),
        field("gid://shopify/Customer/1", key),
    ]
    answer = shopify.query(SET, {"m": rows})["metafieldsSet"]
    assert [(one["code"], one["elementIndex"]) for one in answer["userErrors"]] == [
        ("INVALID_VALUE", 1),
        ("INVALID", 2),
    ]
    assert read(shopify, gid, key)["metafield"] is None
    many = [field(gid, f"{key}{n}") for n in range(26)]
    assert shopify.query(SET, {"m": many})["metafieldsSet"]["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"
    assert shopify.query(SET, {"m": many[:25]})["metafieldsSet"]["userErrors"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": " "}, "BLANK"),
        ({"value": "a\nb"}, "INVALID_VALUE"),
        ({"key": "x"}, "TOO_SHORT"),
        ({"namespace": "a b"}, "INVALID"),
        ({"type": "no_such_type"}, "INVALID_TYPE"),
        ({"type": "date", "value": "yesterday"}, "INVALID_VALUE"),
    ],
)
def test_what_a_metafield_must_be(shopify: Shopify, gid: str, key: str, change: dict[str, str], code: str) -> None:
    errors = shopify.query(SET, {"m": [field(gid, key) | change]})["metafieldsSet"]["userErrors"]
    assert [one["code"] for one in errors] == [code]


def test_the_apps_namespace_and_compare_and_set(shopify: Shopify, gid: str, key: str) -> None:
    (made,) = shopify.query(SET, {"m": [field(gid, key, compareDigest=None)]})["metafieldsSet"]["metafields"]
    assert made["namespace"] == "app--1--demo"
    assert read(shopify, gid, key)["metafield"]["value"] == "x"
    again = shopify.query(SET, {"m": [field(gid, key, "y", compareDigest=None)]})["metafieldsSet"]
    assert again["userErrors"][0]["code"] == "INVALID_COMPARE_DIGEST"
    shopify.query(SET, {"m": [field(gid, key, "y", compareDigest=made["compareDigest"])]})
    assert read(shopify, gid, key)["metafield"]["value"] == "y"
    delete = """mutation($m: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $m) {
        deletedMetafields { key } userErrors { message } } }"""
    place = {"ownerId": gid, "namespace": "$app:demo", "key": key}
    answer = shopify.query(delete, {"m": [place, {**place, "key": "never_was"}]})["metafieldsDelete"]
    assert answer == {"deletedMetafields": [{"key": key}, None], "userErrors": []}


def test_a_definition_fixes_the_type(shopify: Shopify, gid: str, key: str) -> None:
    define = """mutation($d: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $d) {
        createdDefinition { namespace type { name } } userErrors { code } } }"""
    about = {"namespace": "$app:demo", "key": key, "name": "K", "ownerType": "CUSTOMER", "type": "number_integer"}
    made = shopify.query(define, {"d": about})["metafieldDefinitionCreate"]
    assert made["createdDefinition"] == {"namespace": "app--1--demo", "type": {"name": "number_integer"}}
    assert shopify.query(define, {"d": about})["metafieldDefinitionCreate"]["userErrors"] == [{"code": "TAKEN"}]
    assert shopify.query(SET, {"m": [field(gid, key)]})["metafieldsSet"]["userErrors"][0]["code"] == "INVALID_TYPE"
    pins = [{**about, "key": f"{key}{n}", "pin": True} for n in range(21)]
    errors = [shopify.query(define, {"d": one})["metafieldDefinitionCreate"]["userErrors"] for one in pins]
    assert errors[-1] == [{"code": "PINNED_LIMIT_REACHED"}]


def test_tags_are_added_by_their_letters_and_replaced_by_an_update(shopify: Shopify, gid: str, key: str) -> None:
    tags = "mutation($id: ID!, $t: [String!]!) { %s(id: $id, tags: $t) { userErrors { message } } }"
    shopify.query(tags % "tagsAdd", {"id": gid, "t": [f"{key} Gold, {key} two"]})
    shopify.query(tags % "tagsAdd", {"id": gid, "t": [f"{key} GOLD"]})
    assert [tag for tag in read(shopify, gid, key)["tags"] if tag.startswith(key)] == [f"{key} Gold", f"{key} two"]
    shopify.query(tags % "tagsRemove", {"id": gid, "t": [f"{key} gold"]})
    assert [tag for tag in read(shopify, gid, key)["tags"] if tag.startswith(key)] == [f"{key} two"]
    assert shopify.query(tags % "tagsAdd", {"id": gid, "t": ["x" * 256]})["tagsAdd"]["userErrors"]
    update = "mutation($i: CustomerInput!) { customerUpdate(input: $i) { customer { tags } userErrors { message } } }"
    found = shopify.query(update, {"i": {"id": gid, "tags": ["alone"]}})["customerUpdate"]
    assert found["customer"]["tags"] == ["alone"]


def test_customers_are_found_by_a_tag(shopify: Shopify, gid: str, key: str) -> None:
    add = "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { userErrors { message } } }"
    shopify.query(add, {"id": gid, "tags": [f"Ours/{key}"]})
    search = "query($query: String!) { customers(first: 250, query: $query) { nodes { id tags } } }"
    found = shopify.query(search, {"query": f'tag:"ours/{key}"'})["customers"]["nodes"]
    assert [one["id"] for one in found] == [gid]
    assert not shopify.query(search, {"query": f"tag:'{key}'"})["customers"]["nodes"]
