"""Raw tables of SurveyMonkey. What people typed is in none of them, nor their network address; of an answer only the
choice is kept, with its label, which the shop wrote.

The shop's own words in a survey link come as custom variables: ``cid`` customer, ``oid`` order, ``tid`` ticket, ``loc``
place.
"""

from __future__ import annotations

from ingestion.tables import Column, Table

ID = Column("id", path="id")


def texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, path=name) for name in names)


def dates(*names: str) -> tuple[Column, ...]:
    return tuple(Column(f"{name}_at", "ts", f"date_{name}") for name in names)


SURVEYS = Table(
    "surveys",
    "surveys",
    (ID, *texts("title"), *dates("created", "modified")),
    deduplicate_by=("modified_at", "desc"),
)
CHOICES = Table(
    "choices",
    "surveys",
    (
        ID,
        Column("survey_id", sql="gid"),
        *texts("question_id", "choice_id", "family", "subtype", "label"),
        Column("weight", "bigint", "weight"),
        Column("survey_modified_at", "ts", sql="json_extract_string(doc, '$.date_modified')"),
    ),
    each="choices",
    deduplicate_by=("survey_modified_at", "desc"),
)
RESPONSES = Table(
    "responses",
    "responses",
    (
        ID,
        *texts("survey_id", "collector_id", "response_status", "email_address", "first_name", "last_name"),
        Column("customer_id", path="custom_variables.cid"),
        Column("order_id", path="custom_variables.oid"),
        Column("ticket_id", path="custom_variables.tid"),
        Column("location_code", path="custom_variables.loc"),
        Column("total_time", "bigint", "total_time"),
        *dates("created", "modified"),
    ),
    deduplicate_by=("modified_at", "desc"),
)
ANSWERS = Table(
    "answers",
    "responses",
    (
        ID,
        Column("response_id", sql="gid"),
        *texts("question_id", "row_id", "choice_id", "label"),
        Column("response_modified_at", "ts", sql="json_extract_string(doc, '$.date_modified')"),
    ),
    each="choices",
    deduplicate_by=("response_modified_at", "desc"),
)
