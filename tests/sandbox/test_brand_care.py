"""Help desk, points, surveys and CRM of the made world: they follow from orders and people, and tie."""

from __future__ import annotations

from .brand_world import none, one

LAST_MEMBER = (
    "(select * from loyaltylion_members qualify row_number() over (partition by member_id order by version desc) = 1)"
)
LAST_TICKET = (
    "(select * from zendesk_tickets qualify row_number() over (partition by ticket_id order by version desc) = 1)"
)


def test_a_ticket_goes_forward(everything):
    none(everything, "select * from zendesk_tickets where touched_at > updated_at or touched_at < created_at")
    none(everything, "select * from zendesk_tickets where reply_minutes < 0 or solved_at > updated_at")
    none(everything, "select * from zendesk_comments as c inner join zendesk_tickets as t using (ticket_id) "
         "where t.version = 1 and c.created_at < t.created_at")  # fmt: skip
    # closing is the system's doing: it moves what exports call generated, not what people see
    none(
        everything,
        """select * from zendesk_tickets as t inner join zendesk_tickets as before
        on before.ticket_id = t.ticket_id and before.version = t.version - 1
        where t.status = 'closed' and before.status = 'solved' and t.score is not distinct from before.score
            and t.touched_at <> before.touched_at""",
    )
    found = one(
        everything,
        f"""select count(*), count(*) filter (where status = 'deleted'),
        count(*) filter (where reopens > 0), count(distinct channel), count(order_field), count(order_in_subject)
        from {LAST_TICKET}""",
    )
    assert min(found) > 0
    assert found[0] > 60


def test_a_tickets_order_is_of_who_asks(everything):
    """Ticket -> order by its number, and the person behind the requester is the buyer."""
    matched, shared = one(
        everything,
        f"""select count(*), count(*) filter (where owner.is_shared)
        from {LAST_TICKET} as ticket
        inner join shopify_orders as orders on orders.name = '#' || ltrim(ticket.order_field, '#') and orders.version = 1
        inner join truth_order_causes as cause on cause.order_id = orders.order_id::text
        inner join truth_record_owners as owner
            on owner.source_system = 'zendesk' and owner.source_record_id = ticket.requester_id::text
        where owner.person_id = cause.person_id or owner.is_shared""",
    )
    every = one(everything, f"select count(order_field) from {LAST_TICKET}")[0]
    assert matched == every > 10
    assert shared < matched / 3


def test_shared_phones_are_flagged(everything):
    """A household's number is flagged on every user that has an address."""
    none(
        everything,
        """select user_id from zendesk_users as users
        inner join truth_record_owners as owner
            on owner.source_system = 'zendesk' and owner.source_record_id = user_id::text
        inner join truth_people as people on people.person_id = owner.person_id
        where users.email is not null and users.phone is not null and people.household_phone
            and not shared_phone_number""",
    )
    assert one(everything, "select count(*) from zendesk_users where shared_phone_number")[0] > 0


def test_merged_users_pass_on_what_they_had(everything):
    gone = one(everything, "select count(distinct user_id) from zendesk_users where is_gone")[0]
    assert gone > 0
    none(
        everything,
        """select * from zendesk_tickets as ticket inner join zendesk_users as users
        on users.user_id = ticket.requester_id where users.is_gone and ticket.updated_at > users.updated_at""",
    )
    none(
        everything,
        """select user_id, email from zendesk_users where is_gone and email is not null
        and email not in (select unnest(further_emails) from zendesk_users)""",
    )


def test_balances_are_sums_of_the_ledger(everything):
    none(
        everything,
        f"""select * from {LAST_MEMBER} as member inner join (
            select member_id, sum(points_approved) as approved, sum(points_pending) as pending,
                sum(points_approved) filter (where resource = 'claimed_reward') as spent
            from loyaltylion_transactions group by 1
        ) as ledger using (member_id)
        where approved <> points_approved or pending <> points_pending or coalesce(-spent, 0) <> points_spent
            or pending < 0""",
    )
    none(
        everything,
        """select * from loyaltylion_members as member where points_approved <> (
            select coalesce(sum(points_approved), 0) from loyaltylion_transactions as ledger
            where ledger.member_id = member.member_id and ledger.created_at <= member.updated_at)""",
    )
    kinds = everything.execute("select distinct resource from loyaltylion_transactions").fetchall()
    assert {kind for (kind,) in kinds} == {"activity", "adjustment", "claimed_reward", "expiry"}
    none(
        everything,
        """select transaction_id from loyaltylion_transactions
        qualify created_at < lag(created_at) over (order by transaction_id)""",
    )


def test_points_follow_the_orders(everything):
    """A dollar of an order is a point at first; what was cancelled or sent back keeps none of its points."""
    none(
        everything,
        """select ledger.order_id from loyaltylion_transactions as ledger
        inner join shopify_orders as orders on orders.order_id::text = ledger.order_id and orders.version = 1
        where points_pending > 0 and points_approved = 0 and points_pending <> subtotal_cents // 100""",
    )
    none(
        everything,
        """select ledger.order_id, sum(points_approved + points_pending) as kept
        from loyaltylion_transactions as ledger
        inner join (select order_id, max(cancelled_at) as cancelled_at from shopify_orders group by 1) as orders
            on orders.order_id::text = ledger.order_id
        where cancelled_at is not null group by 1 having kept <> 0""",
    )
    assert one(everything, "select count(*) from loyaltylion_transactions where rule = 'purchase' and "
               "points_pending + points_approved < 0")[0] > 0  # fmt: skip
    linked = one(
        everything,
        f"""select count(*) from {LAST_MEMBER} as member
        inner join truth_record_owners as owner
            on owner.source_system = 'loyaltylion' and owner.source_record_id = member.member_id::text
        inner join truth_record_owners as account
            on account.source_system = 'shopify' and account.source_record_id = member.linked_merchant_id
        where member.guest and account.person_id = owner.person_id""",
    )[0]
    assert (
        linked
        == one(everything, f"select count(*) from {LAST_MEMBER} where guest and linked_merchant_id is not null")[0]
    )
    assert linked > 0


def test_answers_follow_what_happened(everything):
    scores = everything.execute("select distinct score from surveymonkey_responses where score is not null").fetchall()
    assert all(0 <= score <= 10 for (score,) in scores)
    assert len(scores) > 4
    none(
        everything,
        """select * from surveymonkey_responses where status = 'completed' and score is null
        or (status = 'disqualified' and score is not null)""",
    )
    # whoever breaks off may come back: the same sheet, later, complete
    assert (
        one(
            everything,
            """select count(*) from surveymonkey_responses as later
        inner join surveymonkey_responses as first using (response_id)
        where first.status = 'partial' and later.status = 'completed' and later.version > first.version""",
        )[0]
        > 0
    )
    none(
        everything,
        """select response_id from surveymonkey_responses as answer
        inner join truth_record_owners as owner
            on owner.source_system = 'surveymonkey' and owner.source_record_id = answer.response_id
        inner join truth_order_causes as cause on cause.order_id = answer.order_id
        where cause.person_id <> owner.person_id""",
    )


def test_the_crm_is_typed_by_staff(everything):
    """An address once, however it is typed; a merge is of one person, and what was merged or forgotten is no more."""
    none(
        everything,
        "select email from hubspot_contacts where email is not null group by 1 having count(distinct contact_id) > 1",
    )
    none(everything, "select * from hubspot_contacts where email is null and phone is null and mobilephone is null")
    none(
        everything,
        """select * from hubspot_contacts as later inner join hubspot_contacts as gone using (contact_id)
        where gone.is_gone and later.version > gone.version""",
    )
    none(
        everything,
        """select * from hubspot_contacts as winner
        inner join truth_record_owners as mine
            on mine.source_system = 'hubspot' and mine.source_record_id = winner.contact_id::text
        inner join truth_record_owners as other
            on other.source_system = 'hubspot' and other.source_record_id = winner.merged_ids
        where mine.person_id <> other.person_id""",
    )
    found = one(
        everything,
        """select count(distinct merged_ids), count(*) filter (where is_archived), count(*) filter (where is_gone),
        count(subscribed_at), count(unsubscribed_at), count(shop_customer_id) from hubspot_contacts""",
    )
    assert min(found) > 0
    slips = (
        "select count(*) from truth_record_emails where source_system = 'hubspot' and typed_as in ('typo', 'plus_tag')"
    )
    assert one(everything, slips)[0] > 0
    known = "select count(distinct person_id) from truth_record_owners where source_system = 'hubspot'"
    assert 90 < one(everything, known)[0] < 250


def test_whatsapp_tells_what_can_have_happened(everything):
    """A message is delivered after it was sent and read after that; some is told late, some twice, some of no number."""
    none(
        everything, "select * from whatsapp_events where revealed_at <= occurred_at or coalesce(wa_id, user_id) is null"
    )
    none(
        everything,
        """with moments as (
            select message_id, status, min(occurred_at) as happened_at, max(revealed_at) as told_at
            from whatsapp_events where kind = 'status' group by all
        )
        select * from moments as later inner join moments as earlier using (message_id)
        where (later.status, earlier.status) in (('delivered', 'sent'), ('read', 'delivered')) and later.happened_at <= earlier.happened_at
            or later.status <> 'failed' and earlier.status = 'failed'""",
    )
    found = one(
        everything,
        """select count(*) filter (where wa_id is null), count(*) filter (where user_id is null),
            count(*) - count(distinct (kind, message_id, status, coalesce(user_id, wa_id), occurred_at)), count(*) filter (where is_tap),
            count(*) filter (where preference = 'stop'), count(*) filter (where lower(text) = 'stop')
        from whatsapp_events""",
    )
    assert min(found) > 0
    assert one(
        everything,
        """select count(*) from whatsapp_events as later
        inner join whatsapp_events as earlier on later.message_id = earlier.message_id
        where later.status = 'read' and earlier.status = 'delivered' and later.revealed_at < earlier.revealed_at""",
    )[0], "nothing is told out of order"


def test_whatsapps_offers_go_to_who_wants_them_and_cause_nothing(everything):
    people = """(select people.person_id, events.* from whatsapp_events as events
        inner join truth_record_owners as people on people.source_system = 'whatsapp'
            and people.source_record_id = coalesce(events.user_id, events.wa_id))"""
    none(
        everything,
        f"""with said as (
            select person_id, occurred_at, coalesce(lower(text), preference) in ('start', 'resume') as wants
            from {people} where lower(text) in ('start', 'stop') or preference is not null
        )
        select offers.person_id, offers.occurred_at from {people} as offers
        asof left join said on said.person_id = offers.person_id and said.occurred_at <= offers.occurred_at
        where offers.campaign is not null and offers.status = 'sent' and said.wants is distinct from true
            and offers.occurred_at > said.occurred_at + interval 1 hour""",
    )
    assert one(everything, "select min(sent), max(orders_caused) from truth_whatsapp_offers where sent > 0")[1] == 0
    assert one(everything, f"select count(distinct person_id) from {people}")[0] > 40


def test_a_number_that_said_stop_gets_no_notice_any_more(everything):
    last = "(select * from twilio_messages qualify row_number() over (partition by sid order by version desc) = 1)"
    none(
        everything,
        f"""select * from {last} as notice inner join {last} as word using (customer_number)
        where not notice.is_inbound and word.body = 'STOP' and notice.sent_at > word.sent_at""",
    )
    none(everything, "select * from twilio_messages where version = 1 and (price is not null or status = 'delivered')")
    found = one(
        everything,
        f"""select count(*) filter (where price is null and status <> 'undelivered'), count(*) filter (where body = 'STOP'),
            count(*) filter (where status = 'undelivered'), count(*) filter (where status = 'delivered')
        from {last}""",
    )
    assert min(found[1:]) > 0
    # a notice goes to who bought
    none(
        everything,
        f"""select * from {last} as notice
        inner join truth_record_owners as owner on owner.source_system = 'twilio'
            and owner.source_record_id = customer_number || ':' || regexp_extract(body, '[0-9]+$')
        inner join truth_order_causes as cause on cause.order_id = regexp_extract(body, '[0-9]+$')
        where not is_inbound and cause.person_id <> owner.person_id""",
    )
