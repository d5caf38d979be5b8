-- What a report by the other date shows more, by day.
select
    document_date,
    measure,
    sum(dating_gap_amount) as dating_gap_amount
from fct_order_reconciliation
where measure in ('total', 'refunds')
group by document_date, measure
having sum(dating_gap_amount) <> 0
order by document_date asc, measure asc
