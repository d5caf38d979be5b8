"""A small GraphQL executor over ready-made documents.

graphql-core parses and validates the query against ``schema.graphql`` and reads variables; the projection is our own,
because resolving field by field is ten times too slow for a history of orders. A query is compiled once to a tree of
``Field``; documents are dicts by Shopify's field names, in which a callable value is asked with the field's arguments.

    text -> parsed, validated (remembered) -> compile() with variables -> project() over documents -> JSON
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLAbstractType,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_object_type,
    parse,
    validate,
)
from graphql.execution.values import get_argument_values, get_directive_values, get_variable_values

from sandbox.vendors.shopify.paging import Page, paginate

Document = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One selected field. ``children`` is by the concrete type's name when the field's type is abstract."""

    key: str
    name: str
    args: dict[str, Any]
    type_name: str
    is_list: bool
    is_connection: bool
    children: tuple[Field, ...] = ()
    by_type: dict[str, tuple[Field, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """A compiled operation: its kind (query or mutation) and its fields on the root."""

    kind: str
    fields: tuple[Field, ...]
    is_introspection: bool = False


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    return build_schema((Path(__file__).parent / "schema.graphql").read_text())


@lru_cache(maxsize=256)
def _checked(text: str) -> tuple[DocumentNode, tuple[GraphQLError, ...]]:
    document = parse(text)
    return document, tuple(validate(schema(), document))


def compile_query(text: str, variables: dict[str, Any] | None, operation_name: str | None = None) -> Operation:
    """Raises GraphQLError for what does not parse, validate, or fit its variables: the first error."""
    document, errors = _checked(text)
    if errors:
        raise errors[0]
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = [
        node for node in operations if operation_name is None or (node.name and node.name.value == operation_name)
    ]
    if len(chosen) != 1:
        raise GraphQLError("An operation name is required" if not operation_name else "No such operation")
    values = get_variable_values(schema(), chosen[0].variable_definitions, variables or {})
    if isinstance(values, list):
        raise values[0]
    is_query = chosen[0].operation is OperationType.QUERY
    root = schema().query_type if is_query else schema().mutation_type
    if root is None:
        raise GraphQLError("Only queries and mutations are served")
    names = [node.name.value for node in chosen[0].selection_set.selections if isinstance(node, FieldNode)]
    if names and all(name.startswith("__") and name != "__typename" for name in names):
        return Operation("query", (), is_introspection=True)
    fragments = {n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)}
    compiler = _Compiler(fragments, values)
    return Operation("query" if is_query else "mutation", compiler.fields(root, [chosen[0].selection_set]))


class _Compiler:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]) -> None:
        self._fragments, self._variables = fragments, variables

    def fields(self, parent: GraphQLObjectType, sets: list[SelectionSetNode]) -> tuple[Field, ...]:
        found: dict[str, list[FieldNode]] = {}
        for selection_set in sets:
            self._collect(parent, selection_set, found)
        return tuple(self._field(parent, key, nodes) for key, nodes in found.items())

    def _collect(self, parent: GraphQLObjectType, chosen: SelectionSetNode, found: dict[str, list[FieldNode]]) -> None:
        for node in chosen.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            fragment = node if isinstance(node, InlineFragmentNode) else self._fragments[node.name.value]  # type: ignore[attr-defined]
            if fragment.type_condition is None or self._applies(parent, fragment.type_condition.name.value):
                self._collect(parent, fragment.selection_set, found)

    def _is_included(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and (include is None or bool(include["if"]))

    @staticmethod
    def _applies(parent: GraphQLObjectType, condition: str) -> bool:
        wanted = schema().type_map[condition]
        return wanted is parent or (
            isinstance(wanted, GraphQLInterfaceType | GraphQLUnionType) and schema().is_sub_type(wanted, parent)
        )

    def _field(self, parent: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Field:
        name = nodes[0].name.value
        if name == "__typename":
            return Field(key, name, {}, "String", False, False)
        definition = parent.fields[name]
        args = get_argument_values(definition, nodes[0], self._variables)
        named = get_named_type(definition.type)
        is_list = isinstance(get_nullable_type(definition.type), GraphQLList)
        shape = (key, name, args, named.name, is_list, named.name.endswith("Connection"))
        if is_leaf_type(named):
            return Field(*shape)
        sets = [node.selection_set for node in nodes if node.selection_set]
        if is_object_type(named):
            return Field(*shape, children=self.fields(named, sets))
        return Field(*shape, by_type={kind.name: self.fields(kind, sets) for kind in _kinds(named)})


def _kinds(named: GraphQLCompositeType | GraphQLAbstractType) -> list[GraphQLObjectType]:
    return list(schema().get_possible_types(named))  # type: ignore[arg-type]


def project(fields: tuple[Field, ...], document: Document, type_name: str) -> Document:
    """The selected part of one document."""
    answer: Document = {}
    for wanted in fields:
        if wanted.name == "__typename":
            answer[wanted.key] = type_name
            continue
        value = document[wanted.name]
        if callable(value):
            value = value(wanted.args)
        if value is None or not (wanted.children or wanted.by_type):
            answer[wanted.key] = value
        elif wanted.is_connection:
            answer[wanted.key] = _connection(wanted, value)
        elif wanted.is_list:
            values = value[: wanted.args["first"]] if wanted.args.get("first") is not None else value
            answer[wanted.key] = [None if one is None else _one(wanted, one) for one in values]
        else:
            answer[wanted.key] = _one(wanted, value)
    return answer


def _one(wanted: Field, value: Document) -> Document:
    if wanted.by_type:
        kind = value["__typename"]
        return project(wanted.by_type[kind], value, kind)
    return project(wanted.children, value, wanted.type_name)


def _connection(wanted: Field, value: Page | list[Document]) -> Document:
    page = value if isinstance(value, Page) else paginate(value, wanted.args, wanted.name)
    answer: Document = {}
    node_type = wanted.type_name.removesuffix("Connection")
    for part in wanted.children:
        if part.name == "nodes":
            answer[part.key] = [_one(part, node) for node in page.nodes]
        elif part.name == "edges":
            edges = zip(page.nodes, page.cursors, strict=True)
            answer[part.key] = [
                project(part.children, {"node": node, "cursor": cursor}, f"{node_type}Edge") for node, cursor in edges
            ]
        elif part.name == "pageInfo":
            answer[part.key] = project(part.children, page.info(), "PageInfo")
        else:
            answer[part.key] = wanted.type_name
    return answer


Resolver = Callable[[dict[str, Any]], Any]


def execute(operation: Operation, resolvers: dict[str, Resolver]) -> Document:
    """Run each root field through its resolver, in the order of the query."""
    return project(operation.fields, dict(resolvers), "QueryRoot" if operation.kind == "query" else "Mutation")
