"""Pages over the published marts: ``make dashboards``.

One module a page, its SQL in ``queries/<page>_<what>.sql``. A page gets the marts as they were published last
(``data``), sums in SQL, and paints with ``charts``, ``tables`` and ``words``. It reads the published file, nothing
else.
"""
