{# One round of connected components over integer nodes: every node follows its smallest neighbour, then the leader's
   leader, twice. `edges` is a relation with the columns `left_column` and `right_column`.

   Gives each edge of the round with its two ends' leaders. The next round's edges are those whose leaders differ, with
   the leaders as nodes, so a round sees only what the one before left open: at least half of the open nodes vanish each
   time, on a chain of neighbours four fifths and more. Smaller always wins, so no circle can form. #}
{% macro contract_components(edges, left_column, right_column) %}
with edges as (

    select distinct
        least({{ left_column }}, {{ right_column }}) as left_node,
        greatest({{ left_column }}, {{ right_column }}) as right_node
    from {{ edges }}
    where {{ left_column }} <> {{ right_column }}

),

followed as (

    -- A node that has only larger neighbours leads itself.
    select node, least(node, min(neighbour)) as leader
    from (
        select left_node as node, right_node as neighbour
        from edges
        union all
        select right_node as node, left_node as neighbour
        from edges
    ) as both_ways
    group by node

),

jumped_once as (

    select followed.node, leaders.leader
    from followed
    inner join followed as leaders on followed.leader = leaders.node

),

jumped_twice as (

    select jumped_once.node, leaders.leader
    from jumped_once
    inner join jumped_once as leaders on jumped_once.leader = leaders.node

),

contracted as (

    select
        edges.left_node,
        edges.right_node,
        left_ends.leader as left_leader,
        right_ends.leader as right_leader
    from edges
    inner join jumped_twice as left_ends on edges.left_node = left_ends.node
    inner join jumped_twice as right_ends on edges.right_node = right_ends.node

)

select * from contracted
{% endmacro %}

{# The rounds' answer: {node: leader} of one round, as a sub-query. #}
{% macro leaders_of(contraction) -%}
    (
        select left_node as node, left_leader as leader
        from {{ contraction }}
        union
        select right_node as node, right_leader as leader
        from {{ contraction }}
    )
{%- endmacro %}
