"""A refusal as the Google Ads API answers it: a google.rpc.Status whose details are a GoogleAdsFailure."""

from __future__ import annotations

from typing import Any

STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
            429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}  # fmt: skip


class ApiError(Exception):
    """``kind`` and ``code`` are the one entry of errorCode, such as queryError: UNRECOGNIZED_FIELD."""

    def __init__(self, status: int, kind: str, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.details = status, kind, code, details

    def body(self, version: str, request_id: str) -> dict[str, Any]:
        error: dict[str, Any] = {"errorCode": {self.kind: self.code}, "message": str(self)}
        if self.details:
            error["details"] = self.details
        failure = {
            "@type": f"type.googleapis.com/google.ads.googleads.{version}.errors.GoogleAdsFailure",
            "errors": [error],
            "requestId": request_id,
        }
        told = {"code": self.status, "message": str(self), "status": STATUSES[self.status], "details": [failure]}
        return {"error": told}


def wrong_query(code: str, message: str) -> ApiError:
    return ApiError(400, "queryError", code, message)
