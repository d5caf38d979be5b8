-- What all edges together connect, whether or not it may be one customer. Follows each record's number through the
-- rounds; a record that no edge touches is alone and not here.
with records as (

    select * from {{ ref('int_identity__records') }}

),

round_1 as {{ leaders_of(ref('int_identity__contraction_1')) }},

round_2 as {{ leaders_of(ref('int_identity__contraction_2')) }},

round_3 as {{ leaders_of(ref('int_identity__contraction_3')) }},

round_4 as {{ leaders_of(ref('int_identity__contraction_4')) }},

round_5 as {{ leaders_of(ref('int_identity__contraction_5')) }},

round_6 as {{ leaders_of(ref('int_identity__contraction_6')) }},

followed as (

    select
        records.record_key,
        records.record_number,
        coalesce(
            round_6.leader, round_5.leader, round_4.leader, round_3.leader, round_2.leader, round_1.leader
        ) as leader
    from records
    inner join round_1 on records.record_number = round_1.node
    left join round_2 on round_1.leader = round_2.node
    left join round_3 on coalesce(round_2.leader, round_1.leader) = round_3.node
    left join round_4 on coalesce(round_3.leader, round_2.leader, round_1.leader) = round_4.node
    left join round_5 on coalesce(round_4.leader, round_3.leader, round_2.leader, round_1.leader) = round_5.node
    left join round_6
        on coalesce(round_5.leader, round_4.leader, round_3.leader, round_2.leader, round_1.leader) = round_6.node

),

sized as (

    select
        record_key,
        record_number,
        min(record_number) over (partition by leader) as connected_number,
        count(*) over (partition by leader) as record_count
    from followed

)

select * from sized
