"""How messy a world is, measured from its tables together with the truth, as the warehouse sees them at "now".

The shares that identity has to live with have minimums (``MINIMUM_SHARES``); a test holds seeds to them. Values are
compared normalised (e-mail in lower case, phone as digits with country code): what still differs is really apart.
"""

from __future__ import annotations

import duckdb

from sandbox.brand import words
from sandbox.brand.world import World

MINIMUM_SHARES = {
    "unlinked_records": 0.15,
    "unlinked_customer_records": 0.15,
    "household_phone_people": 0.06,
    "shared_devices": 0.03,
    "email_typos": 0.02,
    "plus_tags": 0.03,
    "other_case": 0.10,
    "junk_emails": 0.006,
    "junk_phones": 0.003,
    "second_email_people": 0.15,
    "moved_people": 0.05,
}

PHONE = """case when length(regexp_replace({0}, '[^0-9]', '', 'g')) = 10
    then '1' || regexp_replace({0}, '[^0-9]', '', 'g') else regexp_replace({0}, '[^0-9]', '', 'g') end"""


def mess_shares(world: World) -> dict[str, float]:
    """Share by kind of mess. Those in ``MINIMUM_SHARES`` have minimums; the others are there to be read.

    ``unlinked_records``: records without an identifier in common with any other record of their person, of the records
    whose person has several; ``unlinked_customer_records``: the same without browsers as the record that is counted.
    ``moved_people``: of those with an address in any record, those whose records show two postcodes.
    """
    with open_world(world) as connection:
        connection.execute(_RECORDS)
        found = connection.execute(_SHARES)
        names = [column[0] for column in found.description]
        rows = found.fetchall()[0]
    return {name: float(value or 0) for name, value in zip(names, rows, strict=True)}


def abandoners(world: World) -> dict[str, int]:
    """People who left a cart or checkout in the last 14 days, by how well they can be reached.

    ``left_cart``: put something in a cart or started a checkout and has not ordered since; ``identified``: of these,
    known by a sign-in, an e-mail in an identify call of that browser, or an abandoned checkout; ``subscribed``: of
    these, subscribed to e-mail in the shop or the e-mail tool, and not unsubscribed in either.
    """
    with open_world(world) as connection:
        connection.execute(_RECORDS)
        row = connection.execute(_ABANDONERS).fetchall()[0]
    return dict(zip(("left_cart", "identified", "subscribed"), (int(value) for value in row), strict=True))


def open_world(world: World) -> duckdb.DuckDBPyConnection:
    """A connection with a view of every table, as shown at "now": newest versions, nothing unrevealed."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    now = f"timestamp '{world.now.isoformat(sep=' ')}'"
    connection.execute(f"create macro moment() as {now}")
    for name in world.tables:
        file = str(world.path(name)).replace("'", "''")
        columns = connection.execute(f"describe from read_parquet('{file}')").fetchall()
        key = columns[0][0]
        newest = f"qualify row_number() over (partition by {key} order by version desc) = 1"
        versioned = any(column[0] == "version" for column in columns)
        shown = "revealed_at <= moment()" + (" and updated_at <= moment()" if versioned else "")
        connection.execute(
            f"create view {name} as select * from read_parquet('{file}') where {shown} {newest if versioned else ''}"
        )
    for path in world.truth.glob("*.parquet"):
        file = str(path).replace("'", "''")
        connection.execute(f"create view truth_{path.stem} as select * from read_parquet('{file}')")
    return connection


_RECORDS = f"""
create table typed as
    select 'shopify' as source_system, customer_id::text as record_id, 'email' as type, lower(email) as value
    from shopify_customers where not is_deleted
    union all select 'shopify', customer_id::text, 'phone', {PHONE.format("phone")} from shopify_customers
    where not is_deleted
    union all select 'shopify', customer_id::text, 'customer', customer_id::text from shopify_customers
    where not is_deleted
    union all select 'shopify', coalesce(customer_id::text, 'order-' || order_id), 'order', order_id::text
    from shopify_orders
    union all select 'shopify', coalesce(customer_id::text, 'order-' || order_id), 'token', checkout_token
    from shopify_orders
    union all select 'shopify', 'order-' || order_id, 'email', lower(email) from shopify_orders
    where customer_id is null
    union all select 'shopify', 'order-' || order_id, 'phone', {PHONE.format("phone")} from shopify_orders
    where customer_id is null
    union all select 'klaviyo', profile_id, 'email', lower(email) from klaviyo_profiles
    union all select 'klaviyo', profile_id, 'phone', {PHONE.format("phone_number")} from klaviyo_profiles
    union all select 'klaviyo', profile_id, 'customer', external_id from klaviyo_profiles;
create table seen as
    select
        anonymous_id || '|' || coalesce(user_id, '') as record_id, anonymous_id, user_id, lower(traits_email) as email,
        {PHONE.format("traits_phone")} as phone, order_id, checkout_id, event, timestamp, received_at
    from web_events;
insert into typed
    select distinct 'web_events', record_id, unnest(['device', 'customer', 'email', 'phone', 'order', 'token']),
        unnest([anonymous_id, user_id, email, phone, order_id, checkout_id])
    from seen;
create table identifiers as
    select distinct typed.*, owner.person_id, owner.record_type
    from typed
    inner join truth_record_owners as owner
        on owner.source_system = typed.source_system and owner.source_record_id = typed.record_id
    where typed.value is not null and owner.person_id is not null;
"""

_SHARES = f"""
with records as (
    select
        person_id, source_system, record_id, any_value(record_type) as record_type,
        count(*) over (partition by person_id) as of_person
    from identifiers group by 1, 2, 3
), linked as (
    select person_id, type, value from identifiers group by all having count(*) > 1
), joined as (
    select distinct identifiers.source_system, identifiers.record_id from identifiers
    inner join linked using (person_id, type, value)
), apart as (
    select records.*, joined.record_id is null as is_apart from records
    left join joined using (source_system, record_id) where of_person > 1
), people as (select count(distinct person_id) as n from identifiers),
household as (
    select count(distinct person_id) as n from identifiers
    where type = 'phone' and value in (
        select value from identifiers where type = 'phone' and length(value) = 11 group by 1
        having count(distinct person_id) > 1
    ) and value not in ({", ".join(f"'1{phone}'" for phone in words.JUNK_PHONES)})
), devices as (
    select anonymous_id, count(distinct user_id) as users from seen
    inner join truth_record_owners as owner on owner.source_record_id = anonymous_id
    where owner.record_type = 'device' and (owner.person_id is not null or owner.is_shared) group by 1
), emails as (
    select * from truth_record_emails semi join identifiers on identifiers.record_id = source_record_id
), phones as (
    select value from identifiers where type = 'phone' and source_system <> 'web_events'
), seconds as (
    select person_id from emails group by 1 having bool_or(is_second) and not bool_and(is_second)
), places as (
    select person_id, count(distinct zip) as postcodes
    from (
        select 'shopify' as source_system, customer_id::text as record_id, zip
        from shopify_customers where not is_deleted
        union all
        select 'shopify', coalesce(customer_id::text, 'order-' || order_id), ship_zip from shopify_orders
        union all select 'klaviyo', profile_id, zip from klaviyo_profiles
        union all select 'square', customer_id, zip from square_customers where not is_deleted
    ) as told
    inner join truth_record_owners as owner
        on owner.source_system = told.source_system and owner.source_record_id = told.record_id
    where zip is not null and person_id is not null group by 1
), events as (
    select count(*) as n, count(distinct message_id) as different,
        count(*) filter (where received_at - timestamp > interval 1 hour) as skewed,
        count(*) filter (where sent_at - original_timestamp > interval 1 minute) as late,
        count(*) filter (where user_agent ilike '%bot%' or user_agent ilike 'headless%') as bots
    from web_events
)
select
    (select avg(is_apart::int) from apart) as unlinked_records,
    (select avg((postcodes > 1)::int) from places) as moved_people,
    (select avg(is_apart::int) from apart where record_type <> 'visitor') as unlinked_customer_records,
    (select n from household) / (select n from people) as household_phone_people,
    (select avg((users > 1)::int) from devices) as shared_devices,
    (select avg((typed_as = 'typo')::int) from emails) as email_typos,
    (select avg((typed_as = 'plus_tag')::int) from emails) as plus_tags,
    (select avg((typed_as = 'other_case')::int) from emails) as other_case,
    (select avg((typed_as = 'junk')::int) from emails) as junk_emails,
    (select avg((substr(value, 2) in {words.JUNK_PHONES})::int) from phones) as junk_phones,
    (select count(*) from seconds) / (select n from people) as second_email_people,
    (select bots / n from events) as bot_events,
    (select late / n from events) as late_events,
    (select 1 - different / n from events) as repeated_events,
    (select avg((abs(epoch(original_timestamp - timestamp)) > 30)::int) from web_events) as skewed_events,
    (select avg((customer_id is null)::int) from shopify_orders) as guest_orders,
    (select avg(test::int) from shopify_orders) as test_orders,
    (select avg((cancelled_at is not null)::int) from shopify_orders) as cancelled_orders,
    (select avg(edited::int) from shopify_orders) as edited_orders,
    (select avg((refunded_cents > 0)::int) from shopify_orders) as refunded_orders,
    (select avg((refund_id not in (select refund_id from shopify_refund_lines))::int) from shopify_refunds)
        as refunds_without_lines,
    (select avg((order_id::text not in (select order_id from seen where order_id is not null))::int)
        from shopify_orders) as orders_without_events
"""

_ABANDONERS = """
with carts as (
    select seen.record_id, seen.anonymous_id, max(timestamp) as left_at from seen
    where event in ('Product Added', 'Checkout Started') and timestamp > moment() - interval 14 day
    group by 1, 2
), known_browsers as (
    select distinct anonymous_id from seen where user_id is not null or email is not null
), left_behind as (
    select owner.person_id, carts.left_at, carts.anonymous_id in (from known_browsers) as known
    from carts inner join truth_record_owners as owner on owner.source_record_id = carts.record_id
    union all
    select coalesce(owner.person_id, mail.person_id), checkouts.created_at, true from shopify_checkouts as checkouts
    left join truth_record_owners as owner
        on owner.source_record_id = checkouts.customer_id::text and owner.record_type = 'customer'
    left join (
        select lower(email) as email, min(person_id) as person_id from truth_record_emails group by 1
    ) as mail on mail.email = lower(checkouts.email)
    where checkouts.created_at > moment() - interval 14 day
), latest as (
    select person_id, max(left_at) as left_at, bool_or(known) as known from left_behind
    where person_id is not null group by 1
), open_carts as (
    select * from latest anti join (
        select cause.person_id, max(orders.created_at) as ordered_at from shopify_orders as orders
        inner join truth_order_causes as cause on cause.order_id = orders.order_id::text group by 1
    ) as bought on bought.person_id = latest.person_id and bought.ordered_at >= latest.left_at - interval 1 hour
), consents as (
    select owner.person_id, email_state as state from shopify_customers
    inner join truth_record_owners as owner on owner.source_record_id = customer_id::text
    union all
    select owner.person_id, if(suppression is null, email_consent, 'UNSUBSCRIBED') from klaviyo_profiles
    inner join truth_record_owners as owner on owner.source_record_id = profile_id
), reachable as (
    select person_id from consents group by 1
    having bool_or(state = 'SUBSCRIBED') and not bool_or(state = 'UNSUBSCRIBED')
)
select count(*), count(*) filter (where known), count(*) filter (where known and person_id in (from reachable))
from open_carts
"""
