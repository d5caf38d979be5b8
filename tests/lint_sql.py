"""sqlfluff over the dbt project with its jinja templater: ``python -m tests.lint_sql [lint|fix] [paths]``.

The jinja templater knows nothing of dbt's adapters, so our own macros are shown to it as stubs of the same names, made
here from the macro files: an expression for what gives an expression, a select for what gives a query. What is linted is
the text of the models and tests as it is written; the macros' own SQL is proven by the cross-engine tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DBT = ROOT / "dbt_project"
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\((.*?)\)\s*-?%}(.*?){%-?\s*endmacro\s*-?%}", re.DOTALL)
CONFIG = "[sqlfluff:templater:jinja]\napply_dbt_builtins = true\nload_macros_from_path = {0}/macros\nlibrary_path = {0}/library\n"
DBT_FUNCTIONS = (
    "dateadd",
    "datediff",
    "type_string",
    "type_timestamp",
    "type_bigint",
    "type_boolean",
    "safe_cast",
    "hash",
)


def stub(name: str, arguments: str, body: str) -> str:
    """The same macro, giving the shortest SQL of its kind."""
    text = re.sub(r"{#.*?#}|{%.*?%}", "", body, flags=re.DOTALL).strip().lower()
    shape = "stub_column"
    if text.startswith("cross join"):
        shape = "cross join stub_table as stub"
    elif text.startswith(("with", "select")):
        shape = "select 1 as stub_column"
    elif re.match(r"\(\s*(with|select)", text):
        shape = "(select 1 as stub_column)" + (" as stub" if re.search(r"\)\s*as\s+\w+$", text) else "")
    names = ", ".join(part.split("=")[0].strip() + "=none" for part in arguments.split(",") if part.strip())
    return f"{{% macro {name}({names}) %}}{shape}{{% endmacro %}}"


def main(verb: str, paths: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        stubs, library = Path(folder) / "macros", Path(folder) / "library"
        stubs.mkdir()
        library.mkdir()
        (library / "dbt.py").write_text("\n".join(f"def {name}(*_, **__): return 'string'" for name in DBT_FUNCTIONS))
        found = [
            stub(*match)
            for path in sorted((DBT / "macros").rglob("*.sql"))
            for match in MACRO.findall(path.read_text())
        ]
        (stubs / "stubs.sql").write_text("\n".join(found) + "\n")
        extra = Path(folder) / "extra.cfg"
        extra.write_text(CONFIG.format(folder))
        command = ["sqlfluff", verb, "-p", "2", "-n", "--disable-progress-bar", "--config", str(extra), *paths]
        # Its pool of processes may end before it has cleaned up after itself, and says so.
        quiet = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker:UserWarning")))
        return subprocess.run(
            [str(Path(sys.executable).parent / command[0]), *command[1:]],
            cwd=ROOT,
            env={**os.environ, "PYTHONWARNINGS": quiet},
            check=False,
        ).returncode


if __name__ == "__main__":
    verb, *paths = sys.argv[1:] or ["lint"]
    sys.exit(main(verb, paths or ["dbt_project/models", "dbt_project/tests"]))
