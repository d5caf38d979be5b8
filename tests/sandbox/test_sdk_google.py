"""Google's own Python client for the Data Manager API reads and writes the sandbox."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from google.ads import datamanager_v1 as sdk
from google.ads.datamanager_v1.services.ingestion_service.transports.rest import IngestionServiceRestTransport
from google.ads.datamanager_v1.services.user_list_service.transports.rest import UserListServiceRestTransport
from google.api_core.exceptions import BadRequest, NotFound
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from sandbox.server import Running
from tests.sandbox.google_caller import Google, hashed, keys

PARENT = "accountTypes/GOOGLE_ADS/accounts/1112223333"
GRANTED = sdk.Consent(
    ad_user_data=sdk.ConsentStatus.CONSENT_GRANTED, ad_personalization=sdk.ConsentStatus.CONSENT_GRANTED
)
ACCEPTED = sdk.TermsOfService(customer_match_terms_of_service_status=sdk.TermsOfServiceStatus.ACCEPTED)


@dataclass
class Clients:
    google: Google
    ingestion: sdk.IngestionServiceClient
    lists: sdk.UserListServiceClient

    def make(self, name: str) -> Any:
        user_list = sdk.UserList(
            display_name=name,
            membership_duration=Duration(seconds=30 * 86_400),
            ingested_user_list_info=sdk.IngestedUserListInfo(
                upload_key_types=[sdk.IngestedUserListInfo.UploadKeyType.CONTACT_ID]
            ),
        )
        return self.lists.create_user_list(parent=PARENT, user_list=user_list)

    def status(self, request_id: str) -> Any:
        asked = sdk.RetrieveRequestStatusRequest(request_id=request_id)
        for _ in range(600):
            (found,) = self.ingestion.retrieve_request_status(request=asked).request_status_per_destination
            if found.request_status.name != "PROCESSING":
                return found
            time.sleep(0.02)
        raise AssertionError("the request is never processed")


@pytest.fixture(scope="module")
def clients(server: Running) -> Clients:
    google = Google(server)
    options: dict[str, Any] = {
        "host": f"{server.url}/google",
        "url_scheme": "http",
        "credentials": google.credentials(),
    }
    return Clients(
        google,
        sdk.IngestionServiceClient(transport=IngestionServiceRestTransport(**options)),
        sdk.UserListServiceClient(transport=UserListServiceRestTransport(**options)),
    )


def to(destination: str) -> list[Any]:
    account = sdk.ProductAccount(account_type=sdk.ProductAccount.AccountType.GOOGLE_ADS, account_id="1112223333")
    return [sdk.Destination(operating_account=account, product_destination_id=destination)]


def member(text: str) -> Any:
    identifier = sdk.UserIdentifier(email_address=hashed(text))
    return sdk.AudienceMember(user_data=sdk.UserData(user_identifiers=[identifier]))


def test_makes_a_list_adds_and_removes(clients: Clients) -> None:
    made = clients.make("From the SDK")
    found = {one.display_name: one for one in clients.lists.list_user_lists(parent=PARENT)}["From the SDK"]
    assert (found.id, found.membership_duration.days) == (made.id, 30)
    people = [member(f"{n}@example.com") for n in range(150)]
    answer = clients.ingestion.ingest_audience_members(
        request=sdk.IngestAudienceMembersRequest(
            destinations=to(str(made.id)), audience_members=people, consent=GRANTED,
            encoding=sdk.Encoding.HEX, terms_of_service=ACCEPTED,
        )
    )  # fmt: skip
    status = clients.status(answer.request_id)
    told = status.audience_members_ingestion_status.user_data_ingestion_status
    assert (status.request_status.name, told.record_count, told.user_identifier_count) == ("SUCCESS", 150, 150)
    assert told.upload_match_rate_range.name != "MATCH_RATE_RANGE_UNKNOWN"
    removed = clients.ingestion.remove_audience_members(
        request=sdk.RemoveAudienceMembersRequest(
            destinations=to(str(made.id)), audience_members=people[:10], encoding=sdk.Encoding.HEX
        )
    )
    assert clients.status(removed.request_id).request_status.name == "SUCCESS"
    assert clients.google.held(str(made.id)) == {keys(f"{n}@example.com") for n in range(10, 150)}
    assert clients.lists.get_user_list(name=made.name).size_info.search_network_members_count < 140
    clients.lists.delete_user_list(name=made.name)
    with pytest.raises(NotFound):
        clients.lists.get_user_list(name=made.name)


def test_counts_what_was_refused(clients: Clients) -> None:
    made = clients.make("Counted")
    people = [member(f"{n}@example.com") for n in range(4)]
    people[3].consent = sdk.Consent(ad_user_data=sdk.ConsentStatus.CONSENT_DENIED)
    answer = clients.ingestion.ingest_audience_members(
        request=sdk.IngestAudienceMembersRequest(
            destinations=to(str(made.id)), audience_members=people, consent=GRANTED,
            encoding=sdk.Encoding.HEX, terms_of_service=ACCEPTED,
        )
    )  # fmt: skip
    status = clients.status(answer.request_id)
    assert status.request_status.name == "PARTIAL_SUCCESS"
    (count,) = status.error_info.error_counts
    assert (count.reason.name, count.record_count) == ("PROCESSING_ERROR_REASON_DENIED_CONSENT", 1)


def test_refusals_are_the_clients_own_errors(clients: Clients) -> None:
    made = clients.make("Refused")
    bad = sdk.AudienceMember(
        user_data=sdk.UserData(user_identifiers=[sdk.UserIdentifier(email_address="a@example.com")])
    )
    asked = sdk.IngestAudienceMembersRequest(
        destinations=to(str(made.id)), audience_members=[member("a@example.com"), bad], consent=GRANTED,
        encoding=sdk.Encoding.HEX, terms_of_service=ACCEPTED,
    )  # fmt: skip
    with pytest.raises(BadRequest) as refused:
        clients.ingestion.ingest_audience_members(request=asked)
    assert refused.value.reason == "INVALID_HEX_ENCODING"
    (bad,) = [one for one in refused.value.details if one["@type"].endswith("BadRequest")]
    assert bad["fieldViolations"][0]["field"].startswith("audience_members.audience_members[1]")


def test_counts_a_store_sale_once(clients: Clients) -> None:
    moment = clients.google.server.now.astimezone(UTC)
    event = sdk.Event(
        transaction_id="pos-88120", event_timestamp=_stamp(moment), currency="USD", conversion_value=84.5,
        event_source=sdk.EventSource.IN_STORE, event_location=sdk.EventLocation(store_id="s-12"),
        user_data=sdk.UserData(user_identifiers=[sdk.UserIdentifier(email_address=hashed("a@example.com"))]),
    )  # fmt: skip
    asked = sdk.IngestEventsRequest(
        destinations=to("777000003"), events=[event], consent=GRANTED, encoding=sdk.Encoding.HEX
    )
    first = clients.status(clients.ingestion.ingest_events(request=asked).request_id)
    assert (first.request_status.name, first.events_ingestion_status.record_count) == ("SUCCESS", 1)
    again = clients.status(clients.ingestion.ingest_events(request=asked).request_id)
    assert [one.reason.name for one in again.error_info.error_counts] == [
        "PROCESSING_ERROR_REASON_DUPLICATE_TRANSACTION_ID"
    ]


def _stamp(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment.replace(tzinfo=None))
    return found
