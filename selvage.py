"""Which world we talk to and where everything lies: the one module that reads the environment.

``SELVAGE_ENV``   sandbox (default), dev or prod: picks ``environments/<env>.env``, whose lines give base URLs and
                  credentials. A variable that is already set wins over the file.
``SELVAGE_BRAND`` demo (default) or another file of ``brands/``: time zone, currency, which sources it has.
``SELVAGE_HOME``  folder of all data (default ``.selvage`` beside this file); personal data never leaves it.

A vendor module declares its settings as ``SETTINGS = {"base_url": REQUIRED, "api_version": "2026-10"}``; the value of
``base_url`` for ``shopify`` is the variable ``SHOPIFY_BASE_URL``. Nothing is read at import.
"""

from __future__ import annotations

import os
import secrets
import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIRED: None = None
ENVIRONMENTS = ("sandbox", "dev", "prod")
WARN_DAYS = 90  # a new version of an API is looked at, tried and released in less


class MissingSettings(ValueError):
    """Settings that a run needs and that nobody gave, all of them at once."""

    def __init__(self, names: Iterable[str], env: str) -> None:
        self.names = sorted(names)
        super().__init__(
            f"Missing settings: {', '.join(self.names)}. "
            f"Set them in the environment or in environments/{env}.env (see environments/example.env)."
        )


@dataclass(frozen=True)
class ApiVersion:
    """The version of a vendor's API that this release speaks; ``setting`` is the field of its settings that holds it.

    ``sunset``: from this day on the vendor may stop serving it. Of what a vendor tells less exactly (a month, "about a
    year") it is the first possible day; None: no end of it was told.
    """

    name: str
    sunset: date | None
    setting: str = "api_version"

    def warning(self, vendor: str, in_use: str, today: date) -> str | None:
        """What is to be done about it, from WARN_DAYS before its end on; None: nothing.

        ``in_use``: the version that is really asked for; of another than ours nobody here knows the end. The sentence
        spells dates out: where it is shown, digits with dashes are taken for a phone number.
        """
        variable = f"{vendor}_{self.setting}".upper()
        if in_use != self.name:
            return (
                f"{variable} is set to another version than this release was made for, and when that one ends is not "
                f"known here. Leave {variable} out, unless {vendor} serves only newer ones."
            )
        if self.sunset is None or (left := (self.sunset - today).days) > WARN_DAYS:
            return None
        day = f"{self.sunset.day} {self.sunset:%B %Y}"
        end = f"ends on {day}, {left} day{'s' * (left > 1)} from now" if left > 0 else f"ended on {day}"
        return (
            f"The version of {vendor}'s API in use {end}: update Selvage to a release that was made for a newer one, "
            f"or set {variable} to that and try it with SELVAGE_ENV=dev first."
        )


@dataclass(frozen=True)
class Alerts:
    """From when on a sync is worth an alert (``[alerts]`` in the brand's file).

    ``reject_share``: of the rows sent, more were rejected. ``count_deviation``: the members are off their mean over
    the last ``count_runs`` syncs by more than this share, where that mean is at least ``count_minimum``.
    """

    reject_share: float = 0.05
    count_deviation: float = 0.5
    count_runs: int = 7
    count_minimum: int = 100


@dataclass(frozen=True)
class Brand:
    """One shop: what its figures are reported in, and which sources and destinations it has (None: all found).

    ``global_control`` is the share of all customers held out of every audience that holds anybody out; 0: none.
    ``weekly_caps``: channel -> how often a person may be added to capped audiences of it in seven days.
    ``priority_lists``: in which order the lists of audiences have their turn in a run, so of a week's additions too.
    """

    name: str
    description: str
    reporting_timezone: str
    reporting_currency: str
    default_country: str
    sources: tuple[str, ...] | None = None
    destinations: tuple[str, ...] | None = None
    empty_marts: Mapping[str, str] = field(default_factory=dict)
    alerts: Alerts = Alerts()
    global_control: float = 0.0
    weekly_caps: Mapping[str, int] = field(default_factory=dict)
    priority_lists: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.global_control < 1:
            raise ValueError(f"brands/{self.name}.toml: global_control must be 0 or more and below 1")
        for channel, cap in self.weekly_caps.items():
            if type(cap) is not int or cap < 1:
                raise ValueError(f"brands/{self.name}.toml: weekly_caps.{channel} must be a whole number, 1 or more")

    def has_source(self, name: str) -> bool:
        return self.sources is None or name in self.sources

    def has_destination(self, name: str) -> bool:
        return self.destinations is None or name in self.destinations


@dataclass(frozen=True)
class Settings:
    """The environment, the brand, and every path below ``home`` (mode 0700)."""

    env: str
    brand: Brand
    home: Path

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def write_lock(self) -> Path:
        return self.home / "write.lock"

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def ledger(self) -> Path:
        return self.home / "ledger"

    @property
    def published(self) -> Path:
        return self.home / "published"

    @property
    def marts_file(self) -> Path:
        return self.published / "marts.duckdb"

    @property
    def activation_file(self) -> Path:
        return self.home / "activation.duckdb"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    def hash_key(self) -> str:
        """The key of this home's pseudonyms: made once, readable by its owner only."""
        path = self.home / "hash.key"
        if not path.exists():
            partial = path.with_suffix(".partial")
            partial.touch(mode=0o600)
            partial.write_text(secrets.token_hex(32))
            partial.replace(path)
        return path.read_text().strip()

    def dbt_environment(self) -> dict[str, str]:
        """What profiles.yml and dbt_project.yml read through ``env_var``."""
        return {
            "SELVAGE_DBT_TARGET": "duckdb" if self.env == "sandbox" else os.environ.get("SELVAGE_DBT_TARGET", "duckdb"),
            "SELVAGE_WAREHOUSE": str(self.warehouse),
            "SELVAGE_WRITE_LOCK": str(self.write_lock),
            "SELVAGE_LEDGER": str(self.ledger),
            "SELVAGE_HASH_KEY": self.hash_key(),
            "SELVAGE_REPORTING_TIMEZONE": self.brand.reporting_timezone,
            "SELVAGE_REPORTING_CURRENCY": self.brand.reporting_currency,
            "SELVAGE_DEFAULT_COUNTRY": self.brand.default_country,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }


def settings() -> Settings:
    """Read the environment now. Makes the home folder, private to its owner."""
    env = os.environ.get("SELVAGE_ENV", "sandbox")
    if env not in ENVIRONMENTS:
        raise ValueError(f"SELVAGE_ENV is {env!r}; it must be one of {', '.join(ENVIRONMENTS)}")
    brand = load_brand(os.environ.get("SELVAGE_BRAND", "demo"))
    home = root_home() / env / brand.name
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home.chmod(0o700)
    return Settings(env, brand, home)


def root_home() -> Path:
    """The folder that holds every environment's and brand's home."""
    return Path(os.environ.get("SELVAGE_HOME", ROOT / ".selvage")).resolve()


def load_brand(name: str) -> Brand:
    path = ROOT / "brands" / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in path.parent.glob("*.toml")))
        raise ValueError(f"SELVAGE_BRAND is {name!r}, but there is no brands/{name}.toml; known brands: {known}")
    with path.open("rb") as file:
        read = tomllib.load(file)
    for key in ("sources", "destinations", "priority_lists"):
        if key in read:
            read[key] = tuple(read[key])
    read["alerts"] = Alerts(**read.get("alerts", {}))
    return Brand(name=name, **read)


def vendor(name: str, fields: Mapping[str, str | None]) -> dict[str, str]:
    """The settings of one vendor by field. Raises MissingSettings with every name that is not set."""
    return require({name: fields})[name]


def version_warning(name: str, version: ApiVersion, today: date) -> str | None:
    """What is to be done about the version of a vendor's API that the settings ask for; None: nothing."""
    return version.warning(name, vendor(name, {version.setting: version.name})[version.setting], today)


def require(vendors: Mapping[str, Mapping[str, str | None]]) -> dict[str, dict[str, str]]:
    """The settings of several vendors; one error lists everything that is missing, before any work is done."""
    given = _given()
    found: dict[str, dict[str, str]] = {}
    missing = []
    for name, fields in vendors.items():
        found[name] = {}
        for key, default in fields.items():
            variable = f"{name}_{key}".upper()
            value = given.get(variable) or default
            if value is None:
                missing.append(variable)
            else:
                found[name][key] = value
    if missing:
        raise MissingSettings(missing, os.environ.get("SELVAGE_ENV", "sandbox"))
    return found


def _given() -> dict[str, str]:
    """Variables of ``environments/<env>.env`` with ``${NAME}`` filled in, under those of the environment."""
    path = ROOT / "environments" / f"{os.environ.get('SELVAGE_ENV', 'sandbox')}.env"
    known = {"SELVAGE_HOME": str(root_home()), "SELVAGE_SANDBOX_PORT": "8765", **os.environ}
    from_file = {}
    if path.is_file():
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            key, separator, value = text.partition("=")
            if not separator:
                raise ValueError(f"{path.name}, line {number}: expected NAME=value")
            from_file[key.strip()] = string.Template(value.strip()).safe_substitute(known)
    return {**from_file, **os.environ}
