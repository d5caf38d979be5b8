-- Catches orders, lines, refunds or payments that were lost, repeated or read into another order on the way from the
-- vendors' documents to the facts: of each vendor, channel, measure, day and currency nothing may be left unexplained.
select
    source_system,
    channel,
    measure,
    document_date,
    order_currency_code,
    mart_amount,
    document_amount,
    unexplained_amount
from {{ ref('fct_order_reconciliation') }}
where unexplained_amount <> 0
