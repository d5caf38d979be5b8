{# {contradiction}: each row of the identity seeds that can't be meant, named by file and key. Reads the CTEs rules,
   blocked and links of int_identity__rules. #}
{% macro identity_contradictions() -%}
    {%- set limits = ['max_given_names', 'max_family_names', 'max_customer_ids', 'max_emails', 'max_records',
        'max_values_per_customer', 'window_days'] -%}
    {%- set checks = [
        ('joins records but has no rank', 'is_edge and rank is null'),
        ('has a rank below 1', 'rank < 1'),
        ('says neither true nor false of is_edge, is_login or tells_name',
            'is_edge is null or is_login is null or tells_name is null'),
        ('is a log-in that joins nobody', 'is_login and not is_edge'),
        ('has a name_rule other than ignore, refuse, split or require',
            "coalesce(name_rule, '') not in ('ignore', 'refuse', 'split', 'require')"),
        ('splits by given name without max_given_names', "name_rule in ('split', 'require') and max_given_names is null"),
        ('refuses by name without a number of names',
            "name_rule = 'refuse' and max_given_names is null and max_family_names is null"),
        ('ignores names but limits them',
            "name_rule = 'ignore' and (max_given_names is not null or max_family_names is not null)"),
        ('has a window but joins nobody', 'window_days is not null and not is_edge'),
        ('limits log-ins where no type is a log-in',
            'max_customer_ids is not null and not exists (select 1 from rules as others where others.is_login)'),
    ] -%}
    {%- for message, condition in checks %}
        select 'identity_rules, ' || coalesce(identifier_type, '(no type)') || ': {{ message }}' as contradiction
        from rules
        where {{ condition }}
        union all
    {%- endfor %}
    {%- for limit in limits %}
        select 'identity_rules, ' || coalesce(identifier_type, '(no type)') || ': {{ limit }} is below 1'
        from rules
        where {{ limit }} < 1
        union all
    {%- endfor %}
    {%- for column in ['identifier_type', 'rank'] %}
        select 'identity_rules: {{ column }} ' || coalesce(cast({{ column }} as string), '(none)') || ' stands twice'
        from rules
        {%- if column == 'rank' %}
        where rank is not null
        {%- endif %}
        group by {{ column }}
        having count(*) > 1 or {{ column }} is null
        union all
    {%- endfor %}
    select 'blocked_identifiers, ' || coalesce(blocked.pattern, '(no pattern)') || ': ' || case
        when coalesce(blocked.match_kind, '') not in ('value', 'like') then 'match_kind is neither value nor like'
        when coalesce(blocked.pattern, '') = '' then 'blocks nothing'
        when coalesce(blocked.reason, '') = '' then 'has no reason'
        when blocked.identifier_type = '*' then 'a pattern with like needs one identifier type'
        else 'its identifier type has no row in identity_rules'
    end
    from blocked
    left join rules on blocked.identifier_type = rules.identifier_type
    where
        coalesce(blocked.match_kind, '') not in ('value', 'like')
        or coalesce(blocked.pattern, '') = ''
        or coalesce(blocked.reason, '') = ''
        or (blocked.identifier_type = '*' and blocked.match_kind = 'like')
        or (blocked.identifier_type is distinct from '*' and rules.identifier_type is null)
    union all
    select
        'manual_identity_links, ' || coalesce(record_key_from, '(none)') || ' and ' || coalesce(record_key_to, '(none)')
        || ': ' || case
            when coalesce(min(link_type), '') not in ('include', 'exclude') then 'link_type is neither include nor exclude'
            when record_key_from = record_key_to then 'a record is linked to itself'
            when record_key_from is null or record_key_to is null then 'a record is missing'
            else 'include and exclude at once'
        end
    from (
        select
            link_type,
            least(record_key_from, record_key_to) as record_key_from,
            case when record_key_from is not null and record_key_to is not null
                then greatest(record_key_from, record_key_to) end as record_key_to
        from links
    ) as pairs
    group by record_key_from, record_key_to
    having
        max(case when coalesce(link_type, '') not in ('include', 'exclude') then 1 else 0 end) = 1
        or count(distinct link_type) > 1
        or record_key_from = record_key_to
        or record_key_from is null
        or record_key_to is null
{%- endmacro %}
