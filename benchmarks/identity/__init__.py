"""Identity at a million records: what the product's own models cost, and what others take for the same rows.

    make bench-identity                    1,000,000 records of 600,000 people in six channels
    make bench-identity RECORDS=100000

``generate`` makes the records and their truth, ``product`` runs the dbt models on them, ``peers`` runs what a user
would take instead, ``quality`` compares clusters with the truth, and ``__main__`` puts it into one table and a JSON
file.
"""
