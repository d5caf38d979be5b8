"""``python -m dashboards [--port 8501]``: serve the pages on 127.0.0.1 until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import selvage

OPTIONS = {
    "server.address": "127.0.0.1",
    "server.headless": "true",  # opens no browser and asks for no e-mail address
    "server.fileWatcherType": "none",  # watching a large folder overflows its queue, and nobody edits pages here
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",  # no Deploy button
    "client.showErrorDetails": "none",  # a page never shows a traceback; the terminal does
    "client.showErrorLinks": "false",
    "logger.hideWelcomeMessage": "true",
    "theme.base": "light",
    "theme.primaryColor": "#0072B2",
    "theme.textColor": "#31333F",
    "theme.metricValueFontSize": "1.5rem",
    "theme.headingFontSizes": '["1.9rem", "1.35rem", "1.15rem"]',
    "theme.paddingTop": "2.5rem",
}


def command(port: int) -> list[str]:
    """The words that start the server; the settings travel with them, so it needs no configuration file."""
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "server.port": port}.items()]
    return [sys.executable, "-m", "streamlit", "run", str(selvage.ROOT / "dashboards" / "app.py"), *options]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m dashboards", description=__doc__)
    parser.add_argument("--port", type=int, default=8501)
    port = parser.parse_args(words).port
    if _answers(port):
        print(f"Port {port} is taken. Try: python -m dashboards --port {port + 1}", file=sys.stderr)
        return 1
    # From the root of the project, so that the pages import the project they lie in.
    server = subprocess.Popen(command(port), cwd=selvage.ROOT)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        while server.poll() is None and not _answers(port):
            time.sleep(0.1)
        if server.poll() is None:
            print(f"Dashboards: http://127.0.0.1:{port}. Ctrl-C ends them.", flush=True)
        return max(server.wait(), 0)
    except KeyboardInterrupt:  # the terminal tells the server too
        return max(server.wait(timeout=20), 0)
    finally:
        if server.poll() is None:
            server.kill()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
