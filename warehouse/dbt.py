"""dbt, run inside this process: the one place that knows its folders, its environment and how to let go of the file.

dbt-duckdb keeps the warehouse file open after ``invoke`` has returned, so every command here ends with its connections
closed and the write lock given back (``warehouse.dbt_lock`` takes it when dbt connects).

Artifacts lie in the home: ``dbt/manifest.json``, and ``dbt/parse/`` and ``dbt/build/`` for what commands leave behind.
What dbt parsed last lies in dbt's own place beside the project too: a new home starts there and parses what differs.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import hashlib
import json
import os
import queue
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import selvage

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

PROJECT = selvage.ROOT / "dbt_project"
PARTS = ("models", "macros", "seeds", "tests", "snapshots", "analyses")
CALLED = ("attribution", "customer_value", "demand_forecast", "identity", "warehouse")
"""Packages that Python models and SQL functions come from."""
PARTIAL_PARSE = "partial_parse.msgpack"
OF_A_HOME = frozenset({"path", "plugins"})  # of the connection: homes differ in them, and no model reads them
SUCCESSFUL = frozenset({"success", "pass", "warn", "skipped", "no-op"})
PERSONAL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\+?\d[\d ()-]{8,}\d")


class DbtFailed(RuntimeError):
    """A dbt command that did not end green; ``nodes`` names what failed, each with dbt's message about it."""

    def __init__(self, command: str, nodes: Mapping[str, str], reason: str = "") -> None:
        self.command = command
        self.nodes = {name: one_line(message) for name, message in nodes.items()}
        listed = "".join(f"\n  {name}: {message}" for name, message in self.nodes.items())
        super().__init__(f"dbt {command} failed" + (listed or f": {one_line(reason)}"))


def one_line(message: str) -> str:
    """The start of a message on one line; what looks like an e-mail or a phone number is taken out."""
    return PERSONAL.sub("***", " ".join(str(message).split()))[:300]


def folder() -> Path:
    """Where dbt's artifacts of this home lie."""
    return selvage.settings().home / "dbt"


def parsed_last() -> Path:
    return PROJECT / "target" / PARTIAL_PARSE


def manifest_file() -> Path:
    return folder() / "manifest.json"


def arguments(command: str, *more: str, target: Path | None = None) -> list[str]:
    """The words after ``dbt`` for a command, with this project's folders."""
    target = target or folder() / "build"
    return [
        command,
        *more,
        *("--project-dir", str(PROJECT)),
        *("--profiles-dir", str(PROJECT)),
        *("--target-path", str(target)),
        *("--log-path", str(target / "logs")),
    ]


@contextmanager
def environment(*, parsing: bool = False) -> Iterator[None]:
    """This process's environment with what the project reads through ``env_var``; put back afterwards.

    ``parsing``: with an empty key. dbt keeps the environment in what it parsed, and that leaves the home.
    """
    added = {**selvage.settings().dbt_environment(), "SELVAGE_CALLED_CODE": called_code()}
    if parsing:
        added["SELVAGE_HASH_KEY"] = ""
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def called_code() -> str:
    """A checksum of what models call and dbt's own checksums don't cover: macros, and Python."""
    files = {path.relative_to(PROJECT).as_posix(): path for path in (PROJECT / "macros").rglob("*.sql")}
    files |= {
        path.relative_to(selvage.ROOT).as_posix(): path
        for room in CALLED
        for path in (selvage.ROOT / room).rglob("*.py")
    }
    found = hashlib.sha256()
    for name, path in sorted(files.items()):
        found.update(name.encode() + path.read_bytes())
    return found.hexdigest()


class Command:
    """One dbt command, run in a thread of its own so that its events can be read while it works."""

    def __init__(self, command: str, *more: str, target: Path | None = None, parsed: Any = None) -> None:
        self.command, self.parsed = command, parsed
        self.target = target or folder() / "build"
        written = "--write-json" if command == "parse" else "--no-write-json"  # events and the result tell the rest
        self.words = [written, "--no-use-colors", "--log-level", "none", "--log-level-file", "none"]
        self.words += arguments(command, *more, target=self.target)
        self.failed: dict[str, str] = {}
        self._result: dbtRunnerResult | None = None
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    @property
    def result(self) -> dbtRunnerResult:
        if self._result is None:
            raise RuntimeError(f"dbt {self.command} has not ended")
        return self._result

    def events(self) -> Iterator[dict[str, Any]]:
        """Run it and yield dbt's structured events about nodes (``{"info": ..., "data": ...}``) as they come.

        Raises DbtFailed at the end when a node failed. Leaving the iterator early interrupts the running query.
        """
        _bring_partial_parse(self.target)
        worker = threading.Thread(target=self._work, name=f"dbt {self.command}", daemon=True)
        worker.start()
        try:
            while (event := self._events.get()) is not None:
                self._note_failure(event)
                yield event
            worker.join()
        finally:
            if worker.is_alive():
                _interrupt(worker)
            _release()
        if not self.result.success:
            raise DbtFailed(self.command, self.failed, reason=str(self.result.exception or "no reason given"))

    def _work(self) -> None:
        from dbt.cli.main import dbtRunner
        from dbt_common.events.functions import msg_to_dict

        from warehouse.dbt_events import TOLD, only_what_is_read

        try:
            with environment(parsing=self.command == "parse"):
                _parse_for_every_home()
                only_what_is_read()
                tell = self._events.put
                gc.set_threshold(50_000, 20, 50)  # what dbt keeps is large and stays: it is looked through less often
                callbacks = [lambda told: tell(msg_to_dict(told)) if told.info.name in TOLD else None]
                self._result = dbtRunner(self.parsed, callbacks).invoke(self.words)
        except KeyboardInterrupt:
            return  # by _interrupt; nobody waits for the result
        finally:
            self._events.put(None)

    def _note_failure(self, event: Mapping[str, Any]) -> None:
        node = event["data"].get("node_info") or {}
        result = event["data"].get("run_result") or {}
        status = str(result.get("status", "")).lower()
        if event["info"]["name"] == "NodeFinished" and status and status not in SUCCESSFUL:
            self.failed[str(node.get("node_name"))] = str(result.get("message") or status)


def invoke(command: str, *more: str, target: Path | None = None, parsed: Any = None) -> dbtRunnerResult:
    """Run one command to its end, silently; ``parsed``: an earlier parse. Raises DbtFailed when it is not green."""
    run = Command(command, *more, target=target, parsed=parsed)
    for _ in run.events():
        pass
    return run.result


def prepare_manifest() -> Path:
    """The project's manifest, parsed anew when it is missing or older than a file of the project.

    Of several processes of a home one parses, others find it done; homes take turns, each goes on from the last one.
    """
    wanted = manifest_file()
    wanted.parent.mkdir(parents=True, exist_ok=True)
    with (wanted.parent / "parse.lock").open("w") as own:
        fcntl.flock(own, fcntl.LOCK_EX)
        if not wanted.exists() or wanted.stat().st_mtime < _newest_change():
            parsed_last().parent.mkdir(exist_ok=True)
            with parsed_last().with_name("parse.lock").open("w") as every:
                fcntl.flock(every, fcntl.LOCK_EX)
                started, target = time.time(), folder() / "parse"
                if parsed_last().exists() and not (target / PARTIAL_PARSE).exists():
                    _copy_whole(parsed_last(), target / PARTIAL_PARSE)
                invoke("parse", target=target)
                _copy_whole(target / PARTIAL_PARSE, parsed_last())
                _copy_whole(target / "manifest.json", wanted, changed_at=started)
    return wanted


def _copy_whole(file: Path, to: Path, changed_at: float | None = None) -> None:
    """Copy so that a reader finds the old file or the new one; processes of several homes may write the same."""
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f"{to.name}.{os.getpid()}.partial")
    shutil.copyfile(file, partial)
    if changed_at is not None:
        os.utime(partial, (changed_at, changed_at))
    partial.replace(to)


def manifest() -> dict[str, Any]:
    """The manifest's contents; prepares it first."""
    return dict(json.loads(prepare_manifest().read_text()))


def _newest_change() -> float:
    """When a file of the project last changed; a folder's own time tells of files that went away."""
    paths = [*PROJECT.glob("*.yml"), *(PROJECT / part for part in PARTS)]
    paths += [found for part in PARTS for found in (PROJECT / part).rglob("*")]
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)


def _bring_partial_parse(target: Path) -> None:
    """Commands other than parse start from the parsed state, which saves most of their start-up."""
    parsed = folder() / "parse" / PARTIAL_PARSE
    there = target / PARTIAL_PARSE
    target.mkdir(parents=True, exist_ok=True)
    if parsed.exists() and parsed != there and (not there.exists() or there.stat().st_mtime < parsed.stat().st_mtime):
        shutil.copy2(parsed, there)


@cache
def _parse_for_every_home() -> None:
    """Where a home's files lie is no reason to parse all anew, as dbt would for any setting of the connection."""
    from dbt.adapters.duckdb.credentials import DuckDBCredentials

    keys = DuckDBCredentials._connection_keys  # noqa: SLF001
    DuckDBCredentials._connection_keys = lambda self: tuple(key for key in keys(self) if key not in OF_A_HOME)  # noqa: SLF001


def _interrupt(worker: threading.Thread) -> None:
    """End a command: its thread is told as by Ctrl-C, and running queries are cut off until it hears.

    A thread that does not end in time is a daemon: it ends with the process.
    """
    from dbt.adapters.factory import FACTORY

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), ctypes.py_object(KeyboardInterrupt))
    for _ in range(40):
        for adapter in list(FACTORY.adapters.values()):
            list(adapter.cancel_open_connections())
        worker.join(timeout=0.25)
        if not worker.is_alive():
            return


def main(words: Sequence[str]) -> None:
    """``python -m warehouse.dbt build --select fct_orders``: plain dbt in this environment's home."""
    from dbt.cli.main import cli

    target = folder() / "build"
    _parse_for_every_home()
    _bring_partial_parse(target)
    with environment():
        cli(arguments(*words, target=target), prog_name="dbt")


def _release() -> None:
    """Close dbt's connections to the warehouse and give the write lock back."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    from warehouse import dbt_lock

    running = DuckDBConnectionManager._ENV  # noqa: SLF001
    DuckDBConnectionManager.close_all_connections()
    if running is not None:
        running.close()
    reset_adapters()
    dbt_lock.release()


if __name__ == "__main__":
    main(sys.argv[1:] or ["--help"])
