"""M22: a suppressed person is in no audience, and an audience that leaves out the suppression macro does not pass."""

import re

from tests.conftest import ROOT, Walk

AUDIENCES = sorted((ROOT / "dbt_project" / "models" / "audiences").glob("aud_*.sql"))
MACRO = re.compile(r"\{\{\s*eligible_members\(")


def bypassing(models: dict[str, str]) -> list[str]:
    return [name for name, sql in models.items() if not MACRO.search(sql)]


def test_every_audience_uses_the_macro():
    models = {path.stem: path.read_text() for path in AUDIENCES}
    assert models
    assert bypassing(models) == []


def test_the_check_catches_a_bypass():
    assert bypassing({"aud_toy": "select customer_id from {{ ref('dim_customers') }}"}) == ["aud_toy"]


def test_no_suppressed_person_is_a_member(next_day: Walk):
    with next_day.activation() as con:
        audiences = con.sql("select distinct audience, purpose, channel from audiences").fetchall()
        assert {name for name, *_ in audiences} == {path.stem for path in AUDIENCES}
        suppressed = con.sql("select count(distinct customer_id) from act_suppressions").fetchone()[0]
        assert suppressed > 0, "nobody is suppressed: nothing was tested"
        for audience, purpose, channel in audiences:
            inside = con.execute(
                f"select count(*) from {audience} join act_suppressions using (customer_id) "
                "where consent_channel = ? and consent_purpose = ? "
                "and act_suppressions.channel in ('all', ?) and act_suppressions.purpose in ('all', ?)",
                [channel, purpose, channel, purpose],
            ).fetchone()
            assert inside == (0,), audience
