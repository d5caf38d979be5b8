-- Faults of documents and of stock by reason and vendor.
select
    issue_subject,
    issue_type,
    source_system,
    count(*) as document_count,
    sum(abs(issue_amount)) as issue_amount,
    sum(abs(issue_quantity)) as issue_quantity,
    min(occurred_date) as first_date,
    max(occurred_date) as last_date
from fct_data_quality_issues
group by issue_subject, issue_type, source_system
order by document_count desc, issue_type asc, source_system asc
