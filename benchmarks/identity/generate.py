"""Records of people in six channels with the mess that makes identity hard, and who they really are.

Everything is a hash of (number, salt, seed) in DuckDB, so the same seed gives the same files whatever the number of
threads. Of the phones 6 % are a household's and 0.3 % junk; 3 % of the devices are shared; of the e-mails 2 % have a
typo, 10 % another case, 3 % a plus tag, and 0.6 % are junk; 15 % of people have a second e-mail, 5 % have moved; a
marketplace gives masked addresses only. Words and numbers are the sandbox's invented ones: nobody real can be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from sandbox.brand import names, words

PEOPLE_PER_RECORD = 0.6
MOST_PEOPLE = len(words.AREA_CODES) * 10_000
ADDED_SHARE = 0.01
JUNK_EMAILS = (*words.JUNK_EMAILS, "x@y.com", "info@counter.example.com", "sale@till.example.com")
"""Some that the seed of blocked values knows and some that only the names behind them betray."""
JUNK_PHONES = (*words.JUNK_PHONES, "2125550000", "3035550000")
TABLES = ("customer_records", "identifiers", "owners", "wide")


@dataclass(frozen=True)
class Population:
    """How many records and people, and from which seed. ``records`` leaves out the 1 % that is added later."""

    records: int = 1_000_000
    seed: int = 7

    @property
    def people(self) -> int:
        return int(self.records * PEOPLE_PER_RECORD)

    @property
    def added(self) -> int:
        return int(self.records * ADDED_SHARE)


def generate(population: Population, folder: Path) -> None:
    """Write ``<table>/base.parquet`` and ``added/<table>.parquet`` below ``folder``.

    ``customer_records`` and ``identifiers`` have the columns of the shapes of those names; ``owners`` is the truth,
    {record_key, person_id}, for the records that somebody owns; ``wide`` is one row a record with its identifiers as
    columns, for tools that want it so.
    Raises ValueError for more people than there are invented phone numbers.
    """
    if population.people > MOST_PEOPLE:
        raise ValueError(f"{population.people:,} people: there are phone numbers for {MOST_PEOPLE:,}")
    (folder / "added").mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'; set enable_progress_bar = false")
        _prepare(con, population)
        for statement in (PEOPLE, RECORDS, TYPED, ACCOUNTS, IDENTIFIERS, CUSTOMER_RECORDS, OWNERS, WIDE):
            con.execute(statement)
        for table in TABLES:
            (folder / table).mkdir(exist_ok=True)
            for file, test in ((f"{table}/base", "<="), (f"added/{table}", ">")):
                con.execute(
                    f"copy (select * exclude (r) from (select * from {table} where r {test} {population.records} "
                    f"order by all nulls last)) to '{folder / file}.parquet' (format parquet)"
                )


def _prepare(con: duckdb.DuckDBPyConnection, population: Population) -> None:
    """Sizes as variables, chance as macros, the word lists as variables."""
    lists = {
        "cultures": _cultures(), "streets": words.STREETS, "domains": words.MAIL_DOMAINS,
        "areas": words.AREA_CODES, "junk_emails": JUNK_EMAILS, "junk_phones": JUNK_PHONES,
        "cities": [{"city": each[0], "region": each[1], "zip": each[2]} for each in words.CITIES],
    }  # fmt: skip
    for name, value in {**lists, "people": population.people, "records": population.records}.items():
        con.execute(f"set variable {name} = $1", [list(value) if isinstance(value, tuple) else value])
    for kind, pool, letters in (
        ("given", names.GIVEN, names.GIVEN_LETTERS), ("family", names.FAMILY, names.FAMILY_LETTERS)
    ):  # fmt: skip
        con.execute(
            f"create table {kind}_names as "
            "select unnest(range(len($1))) as position, unnest($1) as name, unnest($2) as letters",
            [list(pool), list(letters)],
        )
    con.execute(f"set variable total = {population.records + population.added}")
    con.execute(f"create macro draw(n, salt) as (hash(n, salt, {population.seed}) >> 11)::double / 9007199254740992.0")
    con.execute(f"create macro pick(n, salt, size) as (hash(n, salt, {population.seed}) % size)::bigint")
    con.execute("create macro word(pool, n, salt) as pool[1 + pick(n, salt, len(pool))]")


def _cultures() -> list[dict[str, int]]:
    """A hundred entries, each culture as often as its share: where its names begin and how many there are."""
    pools = zip(names.GIVEN_FIRST, names.GIVEN_COUNT, names.FAMILY_FIRST, names.FAMILY_COUNT, strict=True)
    cultures = [dict(zip(("given", "givens", "family", "families"), map(int, pool), strict=True)) for pool in pools]
    return [each for each, share in zip(cultures, names.WEIGHTS, strict=True) for _ in range(round(share * 100))]


# Ten people live in seven households: five alone, a pair and a family of three. Some of the pairs and families
# have one phone, others one device, so that of all phones 6 % and of all devices 3 % are used by several people.
PEOPLE = """
create table people as
with placed as (
    select range as person, (range // 10) * 7 + [0, 1, 2, 3, 4, 5, 5, 6, 6, 6][1 + range % 10] as household,
        range % 10 >= 5 as with_others
    from range(getvariable('people'))
),
cultured as (
    select *, word(getvariable('cultures'), household, 'culture') as culture from placed
),
named as (
    select *, cultured.culture.given + pick(person, 'given', cultured.culture.givens) as given,
        cultured.culture.family + pick(case when draw(person, 'own name') < 0.8 then -household else person end,
            'family', cultured.culture.families) as family
    from cultured
)
select person, household, with_others,
    (household // 7) * 10 + [0, 1, 2, 3, 4, 5, 7][1 + household % 7] as first_of_household,
    given_names.name as given_name, family_names.name as family_name,
    with_others and draw(household, 'phone') < 0.275 as has_household_phone,
    with_others and draw(household, 'device') < 0.065 as has_shared_device,
    word(getvariable('cities'), household, 'city') as place,
    cast(1 + pick(household, 'house', 2900) as varchar) || ' '
        || word(getvariable('streets'), household, 'street') as address,
    lpad(cast(1 + pick(household, 'zip', 99) as varchar), 2, '0') as zip_end,
    draw(person, 'moved') < 0.05 as moved,
    draw(person, 'second') < 0.15 as has_second_email,
    date '1946-01-01' + cast(pick(person, 'born', 22000) as integer) as birth_date,
    given_names.letters || case when draw(person, 'dot') < 0.6 then '.' else '' end || family_names.letters
        || cast(person as varchar) as local_part
from named
inner join given_names on given_names.position = given
inner join family_names on family_names.position = family
"""

# Everybody has a record; the rest go to some more than to others (the most active have about twenty).
RECORDS = """
create table records as
with drawn as (
    select range + 1 as r,
        case when range < getvariable('people') then (range * 7919) % getvariable('people')
            else floor(getvariable('people') * pow(draw(range, 'who'), 1.3))::bigint end as person,
        draw(range, 'channel') as c
    from range(getvariable('total'))
)
select r, person,
    case when c < 0.30 then 'shop' when c < 0.52 then 'mailing' when c < 0.68 then 'store'
        when c < 0.82 then 'web' when c < 0.94 then 'marketplace' else 'loyalty' end as channel,
    case when channel = 'shop' and draw(r, 'guest') < 0.4 then 'guest_checkout' when channel = 'web' then 'visitor'
        when channel = 'mailing' then 'profile' else 'customer' end as record_type,
    -- Of what is added later, a part is late: it happened among what was there before.
    case when r <= getvariable('records') or draw(r, 'late') < 0.2
        then timestamp '2023-01-01' + to_seconds(pick(r, 'when', 94608000))
        else timestamp '2026-01-01' + to_seconds(pick(r, 'when', 86400)) end as created_at
from drawn
"""

TYPED = """
create table typed as
with chosen as (
    select r, person, channel, record_type, created_at, people.* exclude (person),
        draw(r, 'e-mail given') < case channel when 'shop' then 1 when 'mailing' then 1 when 'store' then 0.35
            when 'web' then 0.15 when 'loyalty' then 0.6 else 0 end as gives_email,
        draw(r, 'phone given') < case channel when 'shop' then 0.45 when 'mailing' then 0.2 when 'store' then 0.6
            when 'loyalty' then 0.5 else 0 end as gives_phone,
        draw(r, 'e-mail kind') as kind,
        local_part || case when has_second_email and draw(r, 'which e-mail') < 0.4 then 'b' else '' end as local,
        word(getvariable('domains'), person, 'domain') as domain,
        2 + pick(r, 'slip', 6) as slip,
        -- A number nobody else has, unless it is the household's.
        case when has_household_phone then first_of_household else person end * 7919 % 1000000 as line
    from records inner join people using (person)
)
select *,
    case
        when channel = 'marketplace' then substr(md5('relay' || person), 1, 14) || '@relay.example.com'
        when not gives_email then null
        when kind < 0.006 then word(getvariable('junk_emails'), r, 'junk')
        when kind < 0.026 then substr(local, 1, slip - 1) || substr(local, slip + 1) || '@' || domain
        when kind < 0.126 and draw(r, 'case') < 0.3 then upper(local || '@' || domain)
        when kind < 0.126 then upper(substr(local, 1, 1)) || substr(local, 2) || '@'
            || upper(substr(domain, 1, 1)) || substr(domain, 2)
        when kind < 0.156 then local || '+' || ['shop', 'news', 'promo'][1 + pick(r, 'tag', 3)] || '@' || domain
        else local || '@' || domain
    end as email,
    case
        when not gives_phone then null
        when draw(r, 'phone kind') < 0.003 then word(getvariable('junk_phones'), r, 'junk phone')
        else format(
            ['({}) 555-{}', '{}-555-{}', '+1{}555{}', '{}555{}'][1 + pick(r, 'style', 4)],
            getvariable('areas')[1 + line // 10000], lpad(cast(line % 10000 as varchar), 4, '0'))
    end as phone,
    case when channel = 'web' then case
        when draw(r, 'tablet') < 0.002 then 'tablet' || cast(pick(r, 'which tablet', 4) as varchar)
        when has_shared_device then 'h' || substr(md5('device' || household), 1, 20)
        else 'd' || substr(md5('device' || person || '/' || pick(r, 'which device', 2)), 1, 20) end end as device,
    moved and created_at > timestamp '2024-06-01' as at_new_address
from chosen
"""

# A visitor who logs in does so with an account of the shop that the person has.
ACCOUNTS = """
create table accounts as
select person, min(r) as account from records where channel = 'shop' and record_type = 'customer' group by person
"""

IDENTIFIERS = """
create table identifiers as
with carried as (
    select r, channel, created_at, 'email' as identifier_type, email as identifier_value from typed
    union all select r, channel, created_at, 'phone', phone from typed
    union all select r, channel, created_at, 'anonymous_id', device from typed
    union all select r, channel, created_at,
        case when channel = 'shop' and record_type = 'customer' then 'shopify_customer_id'
            when channel in ('shop', 'marketplace') then 'order_id' when channel = 'mailing' then 'klaviyo_profile_id'
            when channel = 'store' then 'square_customer_id' else 'square_reference_id' end, cast(r as varchar)
    from typed where channel <> 'web'
    union all select typed.r, channel, created_at, 'shopify_customer_id', cast(account as varchar)
    from typed inner join accounts using (person) where channel = 'web' and draw(typed.r, 'log-in') < 0.4
)
select r, channel as source_system, channel || ':' || r as record_key, identifier_type, identifier_value,
    'US' as country_code, channel as observed_by, created_at as first_seen_at,
    created_at + to_days(pick(r, 'seen', 60)::integer) as last_seen_at
from carried where identifier_value is not null
"""

CUSTOMER_RECORDS = """
create table customer_records as
select r, channel as source_system, cast(r as varchar) as source_record_id, channel || ':' || r as record_key,
    record_type,
    case when channel = 'web' then null
        when draw(r, 'name kind') < 0.02 then substr(given_name, 1, 1) || '.'
        when draw(r, 'name kind') < 0.04 then substr(given_name, 1, 2) || substr(given_name, 4)
        when draw(r, 'name kind') < 0.09 then lower(given_name) else given_name end as given_name,
    case when channel = 'web' then null else family_name end as family_name,
    case when channel in ('loyalty', 'shop') and draw(r, 'birthday') < 0.6 then birth_date end as birth_date,
    case when channel not in ('shop', 'marketplace', 'loyalty') then null
        when at_new_address then cast(1 + pick(person, 'house', 2900) as varchar) || ' '
            || word(getvariable('streets'), person, 'street')
        else address end as address_line,
    case when channel = 'web' then null else place.city end as city,
    case when channel = 'web' then null else place.region end as region_code,
    case when channel in ('web', 'mailing') then null
        when at_new_address then place.zip || lpad(cast(1 + pick(person, 'zip', 99) as varchar), 2, '0')
        else place.zip || zip_end end as postal_code,
    'US' as country_code, cast(null as varchar) as merged_into_record_id, false as is_test, created_at,
    created_at + to_days(pick(r, 'seen', 60)::integer) as updated_at
from typed
"""

# Who sat at a shared device without logging in, nobody can know: such a visitor has no owner.
OWNERS = """
create table owners as
select r, channel || ':' || r as record_key, person as person_id
from typed left join accounts using (person)
where channel <> 'web' or device like 'd%' or email is not null or (account is not null and draw(r, 'log-in') < 0.4)
"""

WIDE = """
create table wide as
select r, channel || ':' || r as record_key, r as unique_id, email, phone, device,
    case when channel = 'shop' and record_type = 'customer' then typed.r
        when channel = 'web' and draw(typed.r, 'log-in') < 0.4 then account end as account,
    case when channel <> 'web' then given_name end as given_name
from typed left join accounts using (person)
"""
