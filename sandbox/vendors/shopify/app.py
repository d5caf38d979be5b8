"""Shopify's Admin API of the sandbox: GraphQL, bulk files and the old REST reads, behind one access token."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson
from graphql import GraphQLError, graphql_sync
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sandbox.clock import text
from sandbox.context import Context
from sandbox.limits import Bucket
from sandbox.vendors.shopify import access, cost, webhooks
from sandbox.vendors.shopify.bulk import Bulk, BulkOperation
from sandbox.vendors.shopify.documents import Document, Documents
from sandbox.vendors.shopify.graphql import Operation, compile_query, execute, schema
from sandbox.vendors.shopify.paging import decode_cursor
from sandbox.vendors.shopify.rest import Rest
from sandbox.vendors.shopify.roots import ROOTS, choose, page
from sandbox.vendors.shopify.rows import Snapshot
from sandbox.vendors.shopify.writes import Writes

DOMAIN = "selvage-demo.myshopify.com"
HOST = "shop.example.com"
NODES = (
    *("order", "customer", "product", "productVariant", "inventoryItem", "inventoryLevel"),
    *("draftOrder", "fulfillmentOrder", "inventoryTransfer", "inventoryShipment"),
)


class Shop:
    """The shop of one server: snapshots by clock and tags, the bucket of points, the bulk operations."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bucket = Bucket(cost.BUCKET_SIZE, cost.RESTORE_RATE, context.clock.seconds)
        self.bulk = Bulk(context.home / "bulk", context.clock)
        self.rest = Rest(self)
        self._lock = threading.RLock()
        self._documents: dict[bool, Documents] = {}
        self._unwritten: Documents | None = None
        self.writes = Writes(context, self._find_unwritten, lambda gid: self.documents().node(gid), self._forget)

    def documents(self, granted: frozenset[str] = access.EVERYTHING) -> Documents:
        """The documents as of now, as far as the scopes let one look back."""
        with self._lock:
            now, sees_all = self.context.clock.now, access.ALL_ORDERS in granted
            if sees_all not in self._documents or self._documents[sees_all].snapshot.now != now:
                orders_since = None if sees_all else now - access.WITHOUT_ALL_ORDERS
                snapshot = Snapshot(self.context.tables, now, self.writes.tags(), orders_since)
                self._documents[sees_all] = Documents(snapshot, self.writes.metafields_of)
            return self._documents[sees_all]

    def _find_unwritten(self, gid: str) -> Document | None:
        with self._lock:
            now = self.context.clock.now
            if self._unwritten is None or self._unwritten.snapshot.now != now:
                self._unwritten = Documents(Snapshot(self.context.tables, now, {}), lambda _: [])
            return self._unwritten.node(gid)

    def _forget(self) -> None:
        """Something was written: documents are made anew."""
        with self._lock:
            self._documents.clear()

    def shop(self) -> Document:
        start = text(self.context.clock.start)
        return {
            "id": "gid://shopify/Shop/64000001",
            "name": "Selvage Demo",
            "email": "owner@example.com",
            "myshopifyDomain": DOMAIN,
            "url": f"https://{HOST}",
            "primaryDomain": {
                "id": "gid://shopify/Domain/1",
                "host": "shop.example.com",
                "url": f"https://{HOST}",
            },
            "plan": {"partnerDevelopment": False, "publicDisplayName": "Basic", "shopifyPlus": False},
            "currencyCode": "USD",
            "ianaTimezone": "America/New_York",
            "timezoneAbbreviation": "EST",
            "timezoneOffset": "-0500",
            "createdAt": start,
            "updatedAt": start,
        }

    def resolvers(
        self, base_url: str, warnings: list[dict[str, Any]], granted: frozenset[str] = access.EVERYTHING
    ) -> dict[str, Any]:
        """What each root field of a query or mutation answers."""
        documents = self.documents(granted)
        found: dict[str, Any] = {
            "appInstallation": lambda _: access.installation(granted),
            "currentAppInstallation": lambda _: access.installation(granted),
            "shop": lambda _: self.shop(),
            "node": lambda args: self._node(documents, args["id"]),
            "nodes": lambda args: [self._node(documents, one) for one in args["ids"]],
            "location": lambda args: documents.node(args["id"]) if args.get("id") else self._first_location(documents),
            "bulkOperation": lambda args: self.bulk.find(args["id"]),
            "bulkOperations": lambda _: self.bulk.documents(),
            "currentBulkOperation": lambda _: next(iter(self.bulk.documents()[::-1]), None),
            "bulkOperationRunQuery": lambda args: self._run_bulk(documents, args, base_url),
            "bulkOperationCancel": lambda args: self._cancel_bulk(args["id"]),
            **self.writes.resolvers(),
        }
        for name in NODES:
            found[name] = lambda args, name=name: _of_kind(documents.node(args["id"]), name)
        for name in ROOTS:
            found[name] = lambda args, name=name: page(documents, name, args, warnings)
            found[f"{name}Count"] = lambda args, name=name: _count(documents, name, args)
        return found

    def _node(self, documents: Documents, global_id: str) -> Document | None:
        return documents.node(global_id) or self.bulk.find(global_id)

    @staticmethod
    def _first_location(documents: Documents) -> Document | None:
        return next(iter(documents.catalogue.locations.values()), None)

    def _run_bulk(self, documents: Documents, args: dict[str, Any], base_url: str) -> dict[str, Any]:
        started = self.bulk.start(documents, args["query"], args["groupObjects"], base_url)
        if isinstance(started, BulkOperation):
            return {"bulkOperation": self.bulk.document(started), "userErrors": []}
        return {"bulkOperation": None, "userErrors": [started]}

    def _cancel_bulk(self, global_id: str) -> dict[str, Any]:
        found = self.bulk.find(global_id)
        if found is None:
            return {
                "bulkOperation": None,
                "userErrors": [{"field": ["id"], "message": "Bulk operation does not exist"}],
            }
        if found["status"] in ("CREATED", "RUNNING"):
            self.bulk.operations[int(global_id.rpartition("/")[2])].cancelled = True
        return {"bulkOperation": self.bulk.find(global_id), "userErrors": []}


def _of_kind(document: Document | None, field: str) -> Document | None:
    return document if document and document["__typename"] == field[0].upper() + field[1:] else None


def _count(documents: Documents, name: str, args: dict[str, Any]) -> dict[str, Any]:
    found, most = len(choose(documents, name, args).positions), args.get("limit")
    if most is not None and found > most:
        return {"count": most, "precision": "AT_LEAST"}
    return {"count": found, "precision": "EXACT"}


class Api:
    """The HTTP side."""

    def __init__(self, context: Context) -> None:
        self.context, self.shop = context, Shop(context)

    def routes(self) -> list[Route]:
        return [
            Route("/admin/oauth/access_token", self.exchange, methods=["POST"]),
            Route("/admin/api/{version}/graphql.json", self.graphql, methods=["POST"]),
            Route("/admin/api/{version}/{path:path}", self.rest, methods=["GET"]),
            Route("/bulk/{number}.jsonl", self.bulk_file),
            Route("/_sandbox/webhooks", self.webhooks, methods=["POST"]),
        ]

    async def graphql(self, request: Request) -> Response:
        body = await request.body()
        return await self._admit(request, lambda granted: self._graphql(body, base_url(request), granted))

    def _graphql(self, body: bytes, base: str, granted: frozenset[str]) -> Response:
        try:
            read = orjson.loads(body)
            query, variables, name = read["query"], read.get("variables"), read.get("operationName")
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return answer({"errors": [{"message": "The body is not JSON with a query"}]}, 400)
        try:
            operation = compile_query(query, variables, name)
        except GraphQLError as error:
            return answer({"errors": [_error(error)]})
        if operation.is_introspection:
            return answer({"data": graphql_sync(schema(), query, variable_values=variables).data})
        return self._run(operation, base, granted)

    def _run(self, operation: Operation, base: str, granted: frozenset[str]) -> Response:
        bucket, wanted = self.shop.bucket, cost.requested(operation)
        if wanted > cost.MOST_PER_QUERY:
            message = f"Query cost is {wanted}, which exceeds the single query max cost limit ({cost.MOST_PER_QUERY})."
            error = {"message": message, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": wanted}}
            return answer({"errors": [error], "extensions": {"cost": cost.extension(bucket, wanted, None)}})
        if self.context.faults.take("shopify", "throttle") or not bucket.take(wanted):
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return answer({"errors": [error], "extensions": {"cost": cost.extension(bucket, wanted, None)}})
        warnings: list[dict[str, Any]] = []
        try:
            access.refuse(operation, granted)
            data = execute(self._with_page_faults(operation), self.shop.resolvers(base, warnings, granted))
        except GraphQLError as error:
            bucket.give_back(wanted)
            extensions = {"cost": cost.extension(bucket, wanted, None)}
            return answer({"data": None, "errors": [_error(error)], "extensions": extensions})
        spent = min(wanted, cost.actual(operation, data))
        bucket.give_back(wanted - spent)
        extensions = {"cost": cost.extension(bucket, wanted, spent)}
        if warnings:
            extensions["search"] = warnings  # type: ignore[assignment]
        return answer({"data": data, "extensions": extensions})

    def _with_page_faults(self, operation: Operation) -> Operation:
        """A page that comes twice, or a cursor that is no longer taken, when a fault says so."""
        faults = self.context.faults
        for part in operation.fields:
            if part.is_connection and part.args.get("after"):
                if faults.take("shopify", "expired_cursor"):
                    decode_cursor("expired", part.name)
                if faults.take("shopify", "duplicate_page"):
                    part.args.update(after=self._last_after)
                else:
                    self._last_after = part.args["after"]
            elif part.is_connection:
                self._last_after = None
        return operation

    _last_after: str | None = None

    async def rest(self, request: Request) -> Response:
        return await self._admit(request, lambda granted: self.shop.rest.answer(request, granted))

    @staticmethod
    async def exchange(request: Request) -> Response:
        """Form or JSON, as clients send it."""
        body = (await request.body()).decode()
        is_json = request.headers.get("content-type", "").startswith("application/json")
        return answer(*access.exchange(orjson.loads(body) if is_json else dict(parse_qsl(body))))

    async def bulk_file(self, request: Request) -> Response:
        path = self.shop.bulk.file(request.path_params["number"])
        return Response(status_code=404) if path is None else FileResponse(path, media_type="application/jsonl")

    async def webhooks(self, request: Request) -> Response:
        try:
            return answer(await run_in_threadpool(webhooks.send, self.shop, orjson.loads(await request.body()), DOMAIN))
        except (KeyError, ValueError, OSError) as error:
            return answer({"error": str(error)}, 400)

    @staticmethod
    async def _admit(request: Request, serve: Callable[[frozenset[str]], Response]) -> Response:
        """Refuse a wrong token and an unknown version; else serve, and say which version it was."""
        granted, version = access.scopes(request), access.served(request.path_params["version"])
        if granted is None:
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return answer({"errors": message}, 401)
        if version is None:
            return answer({"errors": "Not Found"}, 404)
        response = await run_in_threadpool(serve, granted)
        response.headers["X-Shopify-API-Version"] = version
        return response


def base_url(request: Request) -> str:
    """The vendor's own address as the caller reached it."""
    return f"{request.url.scheme}://{request.headers['host']}{request.scope.get('sandbox.prefix', '')}"


def answer(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


def _error(error: GraphQLError) -> dict[str, Any]:
    found: dict[str, Any] = {"message": error.message}
    if error.locations:
        found["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path:
        found["path"] = list(error.path)
    code = (error.extensions or {}).get("code")
    if code is None and error.message.startswith("Cannot query field"):
        code = "undefinedField"
    if code is not None:
        found["extensions"] = {"code": code}
    return found


def build(context: Context) -> Starlette:
    return Starlette(routes=Api(context).routes())
