"""The app and its notifications: orders taken there, what a phone tells, who is sent what, and that it causes nothing."""

from __future__ import annotations

from .brand_world import none, one

APP = "(select distinct anonymous_id, user_id from web_events where app_version is not null)"


def test_an_app_is_one_phone_of_one_person(everything):
    phones, users, ids = one(
        everything,
        """select count(distinct anonymous_id), count(distinct user_id), count(distinct device_id)
        from web_events where app_version is not null""",
    )
    assert phones == ids > 50
    assert users > 20
    none(
        everything,
        f"""select anonymous_id, count(distinct person_id) as people from {APP} as seen
        inner join truth_record_owners as owner on owner.source_system = 'web_events'
            and owner.source_record_id in (seen.anonymous_id, seen.anonymous_id || '|' || coalesce(user_id, ''))
        group by 1 having people <> 1""",
    )
    none(
        everything,
        "select * from web_events where (type = 'screen' or app_version is not null) and (url is not null or type = 'page')",
    )


def test_an_app_is_installed_once_and_opened_at_each_visit(everything):
    installed, opened, pushed = one(
        everything,
        """select count(distinct message_id) filter (where event = 'Application Installed'),
            count(distinct message_id) filter (where event = 'Application Opened'),
            count(distinct message_id) filter (where event = 'Push Notification Opened') from web_events""",
    )
    assert opened > installed > 10
    assert pushed > 0
    none(
        everything,
        """select anonymous_id from web_events where event = 'Application Installed' group by 1
        having count(distinct message_id) > 1""",
    )
    # what brought the app up is told first, and then that it is open
    none(
        everything,
        """select * from web_events as early anti join web_events as later on later.anonymous_id = early.anonymous_id
            and later.event = 'Application Opened'
            and later.original_timestamp - early.original_timestamp between interval 0 seconds and interval 1 second
        where early.event in ('Application Installed', 'Push Notification Opened')""",
    )


def test_orders_of_the_app_bear_its_platform(everything):
    """And cause nothing: they are orders of visits that came by themselves."""
    taken = one(
        everything, "select count(distinct order_id) from shopify_orders where source_name in ('iphone', 'android')"
    )
    assert taken[0] > 10
    none(
        everything,
        """select * from shopify_orders where source_name in ('iphone', 'android')
            and (landing_page is not null or referrer_url is not null)""",
    )
    none(
        everything,
        """select * from web_events as seen inner join shopify_orders as placed
            on placed.order_id::text = seen.order_id and placed.version = 1
        where event = 'Order Completed' and placed.source_name not in ('shopify_draft_order', 'marketplace')
            and coalesce(seen.device_type, '') <> case placed.source_name
                when 'iphone' then 'ios' when 'android' then 'android' else seen.device_type end""",
    )
    none(
        everything,
        """select * from truth_order_causes as cause inner join shopify_orders as placed
            on placed.order_id::text = cause.order_id and placed.source_name in ('iphone', 'android')
        where visit_channel <> 'direct'""",
    )


def test_who_agreed_is_sent_and_what_is_opened_was_sent(everything):
    sent, people, opened = one(
        everything,
        """select count(*) filter (where name = 'Received Push'), count(distinct profile_id) filter (where name = 'Received Push'),
            count(*) filter (where name = 'Opened Push') from klaviyo_events inner join klaviyo_metrics using (metric_id)""",
    )
    assert sent > people > 20
    assert 0 < opened < sent
    none(
        everything,
        """select * from klaviyo_events as event inner join klaviyo_metrics as metric using (metric_id)
        asof inner join klaviyo_profiles as profile
            on profile.profile_id = event.profile_id and event.datetime >= profile.updated_at
        where metric.name = 'Received Push' and push_consent <> 'SUBSCRIBED'""",
    )
    none(
        everything,
        """select * from klaviyo_events as opened inner join klaviyo_metrics as metric using (metric_id)
        anti join (from klaviyo_events where metric_id = 'UwPshR') as sent on sent.profile_id = opened.profile_id
            and sent.campaign_id = opened.campaign_id and sent.datetime < opened.datetime
            and sent.datetime > opened.datetime - interval 25 hours
        where metric.name = 'Opened Push'""",
    )
    none(
        everything,
        """select * from web_events as seen anti join klaviyo_events as tapped on tapped.metric_id = 'UwPshO'
            and seen.campaign_name = tapped.campaign_name
            and abs(epoch(seen.original_timestamp - tapped.datetime)) < 5
        where event = 'Push Notification Opened'""",
    )
