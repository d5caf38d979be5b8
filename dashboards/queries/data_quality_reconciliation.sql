-- Ours beside the vendors' documents, all days; differences do not cancel each other out.
select
    source_system,
    measure,
    order_currency_code,
    sum(mart_amount) as mart_amount,
    sum(document_amount) as document_amount,
    sum(abs(difference_amount)) as difference_amount,
    sum(abs(flagged_amount)) as flagged_amount,
    sum(abs(unexplained_amount)) as unexplained_amount,
    count(distinct document_date) as day_count
from fct_order_reconciliation
group by source_system, measure, order_currency_code
order by source_system asc, measure asc, order_currency_code asc
