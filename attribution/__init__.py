"""What a channel is worth to all paths together: removal effects of a Markov chain and Shapley values, both exact.

The dbt model ``int_journeys__channel_values`` calls ``attribution.build`` with counts that SQL has made; the rest is
linear algebra on small arrays and knows nothing of a warehouse.
"""
