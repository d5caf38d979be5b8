{# One round of connected components over integer nodes: every node follows its best neighbour if that is better than
   itself, then the leader's leader, twice. Better is who has more neighbours, so a star falls into its hub at once; among
   equals a hash decides, another one each round, so a chain in any order falls to about a third. Each follows a strictly
   better one, so no circle can form. `edges` is a relation with the columns `left_column` and `right_column`.

   Gives each edge of the round with its two ends' leaders. The next round's edges are those whose leaders differ, with
   the leaders as nodes, so a round sees only what the one before left open. #}
{% macro contract_components(edges, left_column, right_column, round) %}
with edges as (

    select distinct
        least({{ left_column }}, {{ right_column }}) as left_node,
        greatest({{ left_column }}, {{ right_column }}) as right_node
    from {{ edges }}
    where {{ left_column }} <> {{ right_column }}

),

both_ways as (

    select left_node as node, right_node as neighbour from edges
    union all
    select right_node as node, left_node as neighbour from edges

),

ranked as (

    select
        node,
        lpad(cast(1000000000 - count(*) as string), 10, '0') || md5(cast(node as string) || ':{{ round }}') as rank_text
    from both_ways
    group by node

),

followed as (

    select
        both_ways.node,
        case
            when min(neighbours.rank_text) < min(ranked.rank_text) then min_by(both_ways.neighbour, neighbours.rank_text)
            else both_ways.node
        end as leader
    from both_ways
    inner join ranked on both_ways.node = ranked.node
    inner join ranked as neighbours on both_ways.neighbour = neighbours.node
    group by both_ways.node

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
