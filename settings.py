"""The environment, read once into one frozen object. Only the root modules and `commands` do so."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from email.utils import parseaddr
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from auth import holdings as auth_holdings
from auth import issued, technical
from auth.cross_site import is_origin
from auth.factors import actions as factors
from auth.strength import refuse_unreadable
from domain import cursors, deadlines, policy, shared_clock, wakeups
from domain.accounts import erasure
from domain.chain.sealing import seal_all, unsealed
from domain.checkpoints import making as checkpoints
from domain.claims import holdings as claim_holdings
from domain.connections import accounts, delegations
from domain.connections import holdings as connection_holdings
from domain.db import close_database, engine, fetch, open_database
from domain.inbox import holdings as inbox_holdings
from domain.mail import actions as mail
from domain.migrate import MigrationError, pending
from domain.signatures import actions as signatures
from domain.signatures import certificates, texts
from domain.signatures import holdings as signature_holdings
from domain.signatures import keys as site_keys
from domain.signatures.own_texts import read_texts
from webhooks import authorities, health, mailer, retention
from webhooks import holdings as webhook_holdings
from webhooks import policy as webhooks_policy
from webhooks.addresses import Allowed
from webhooks.expiry import warn_of_certificates
from webhooks.mailer import server_at
from webhooks.reviews import ask_reviews

# The ORM's applications and the modules that hold their models.
# Each declares, when it is loaded, what it holds about a person.
HOLDERS = (
    erasure,
    signature_holdings,
    connection_holdings,
    claim_holdings,
    auth_holdings,
    webhook_holdings,
    inbox_holdings,
)

MODELS = {
    "domain": [
        "domain.accounts.models",
        "domain.connections.models",
        "domain.contracts.models",
        "domain.inbox.models",
        "domain.mail.models",
        "domain.sandbox.models",
        "domain.signatures.models",
        "domain.structures.models",
        "domain.invoices.models",
        "domain.works.models",
        "domain.memos.models",
        "domain.refunds.models",
    ],
    "auth": ["auth.models", "auth.factors.models"],
    "webhooks": ["webhooks.models"],
}

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
LOOPBACK_NETWORKS = ("127.0.0.0/8", "::1/128")

Words = Annotated[tuple[str, ...], NoDecode]
Seconds = Annotated[tuple[int, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting, its type, its default and what it does. Read from the environment."""

    model_config = SettingsConfigDict(
        # Whoever prints a refusal whole, such as a traceback, prints no secret.
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    # Serving
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port the server listens on.")
    public_url: str = Field(
        "", description="URL under which callers reach the server; default http://localhost:PORT."
    )
    allowed_origins: Words = Field(
        (),
        description="Origins of browser applications, comma-separated, beside the server's own."
        " Their pages may use the log-in of the browser.",
    )
    environment: Literal["sandbox", "production"] = Field(
        "sandbox", description="Shown in webhooks and GraphiQL; production refuses unsafe settings."
    )
    sandbox_clock: Literal["open", "off"] = Field(
        "open",
        description="open: whoever acts on documents moves the clock ahead (`sandboxAdvance`), in a"
        " sandbox only. off: nobody does; the clock stays as far ahead as it is.",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Literal["text", "json"] = Field("text", description="How log lines are written.")

    # Storage
    database_url: str = Field(
        "sqlite:///bordereau.db",
        description="sqlite:///file, or postgres://user:password@host:port/name, with"
        " ?command_timeout=60 (seconds without an answer), minsize and maxsize (connections).",
    )
    broker_url: str = Field(
        "",
        description="Empty: worker inside the server. redis:// or amqp://: separate workers.",
    )
    wake_ups: Literal["postgres", "redis", "none"] = Field(
        "postgres",
        description="How processes hear of each other's commits. postgres: LISTEN, on a connection"
        " of its own, not through a pooler of transactions. redis: through BROKER_URL. none: they"
        " look each second. With SQLite there is one process, and none.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="At least 32 characters. With SQLite: made once, in FILE.key beside it.",
    )

    # Callers
    access_token_seconds: int = Field(600, ge=30, description="Life of an access token.")
    refresh_token_seconds: int = Field(1_209_600, ge=60, description="Life of a refresh token.")
    session_seconds: int = Field(43_200, ge=60, description="Life of a browser log-in.")
    session_idle_seconds: int = Field(
        7_200, ge=120, description="Life of a browser log-in that is not used."
    )
    code_seconds: int = Field(60, ge=5, le=600, description="Life of an authorization code.")

    device_code_seconds: int = Field(
        600, ge=60, le=1_800, description="How long a device waits for a person (device code)."
    )
    client_registration: Literal["open", "off"] = Field(
        "open",
        description="open: developers register OAuth clients by themselves, in a sandbox only."
        " Production never lets them.",
    )
    client_registration_days: int = Field(
        30, ge=1, description="Days without use after which a client registered so is closed."
    )

    second_factor: Literal["optional", "required"] = Field(
        "optional",
        description="required: whoever has no second factor adds one right after the password,"
        " before any application gets access.",
    )
    technical_secret_days: int = Field(
        424, ge=1, le=3_650, description="Life of the secret of a technical account, in days."
    )
    technical_secret_overlap_seconds: int = Field(
        604_800,
        ge=0,
        le=7_776_000,
        description="How long the old secret of a technical account works after a rotation.",
    )
    connection_approval: bool = Field(
        False, description="An administrator accepts each connection of an application."
    )
    account_approval: bool = Field(
        False, description="An administrator approves each new account before it opens."
    )
    activation_seconds: int = Field(
        3_600,
        ge=300,
        le=86_400,
        description="Life of the links that activate an account, reset a password or change an"
        " e-mail address.",
    )
    invitation_seconds: int = Field(
        1_209_600,
        ge=3_600,
        le=7_776_000,
        description="Life of the activation links of accounts imported from another portal.",
    )
    breached_passwords: Path | None = Field(
        None,
        description="File of SHA-1 hashes ordered by hash, as Have I Been Pwned publishes it:"
        " passwords in it are refused. Without it, the most common ones are.",
    )

    signed_texts: Path | None = Field(
        None,
        description="JSON file of the site's own versions of the terms of use and of the mandate,"
        " see *Texts that people sign*. Ours are used where it has none.",
    )

    # External provider
    oidc_issuer: str = Field(
        "",
        description="Issuer of the OpenID Connect provider that people may log in with, such as"
        " https://auth.agentconnect.gouv.fr/api/v2; empty: none.",
    )
    oidc_client_id: str = Field("", description="The client that the provider knows us as.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Its secret.")
    oidc_scopes: Words = Field(
        ("openid", "email", "profile"),
        description="Scopes asked of the provider, comma-separated.",
    )
    oidc_label: str = Field(
        "un fournisseur d’identité", max_length=60, description="The provider's name on buttons."
    )
    oidc_siret_claim: str = Field(
        "siret",
        description="Claim that holds the SIRET of the person's structure, to which the account is"
        " attached at once; empty: none is believed.",
    )
    oidc_timeout_seconds: float = Field(
        10, gt=0, le=60, description="Longest wait for an answer of the provider."
    )

    # E-mail
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp://user:password@host:587 (STARTTLS when offered) or smtps://host:465."
        " Empty in a sandbox on this machine: messages are shown at /mailbox, a development aid.",
    )
    mail_from: str = Field(
        "Bordereau <ne-pas-repondre@localhost>", description="Sender of the e-mails."
    )

    log_checkpoint_seconds: int = Field(
        86_400,
        ge=0,
        le=31_536_000,
        description="Seconds between signed checkpoints of the log, made when it has grown;"
        " 0: only by `manage.py log checkpoint`.",
    )

    # Rules of the portal
    check_luhn: bool = Field(True, description="Check the key of SIRET numbers.")
    allow_retransmission: bool = Field(
        True,
        description="Allow A_RECYCLER (retransmission after a wrong service or commitment)."
        " The 2026 rules withdraw it: set false on sites under them.",
    )
    unique_per_year: bool = Field(
        True, description="Also refuse a number used by the same SIREN in the same year."
    )
    acknowledge_within_days: int = Field(
        7,
        ge=0,
        description="Days after which an unacknowledged rejection or suspension blocks deposits;"
        " 0 never blocks.",
    )
    tacit_days_subcontractor: int = Field(
        15, ge=0, description="Days after which the silence of an A9 validator agrees; 0: never."
    )
    tacit_days_cocontractor: int = Field(
        0, ge=0, description="Days after which the silence of an A12 validator agrees; 0: never."
    )
    works_project_manager_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="Days after which a silent project manager is warned of (A4, A13); 0: never.",
    )
    works_contest_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="Days in which the holder may dispute an amount corrected in its works file.",
    )
    works_general_statement_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="Days to notify the general statement; then the holder may deposit an A22.",
    )
    works_tacit_answer_days: int = Field(
        default=10,
        ge=0,
        le=365,
        description="Days to answer an A22; then it is final and recorded by A23, A24 or A25.",
    )
    works_signature_days: int = Field(
        default=30,
        ge=0,
        le=365,
        description="Days after which a general statement is told to be deemed accepted; 0: never.",
    )
    memos_until_certified: int = Field(
        50,
        ge=0,
        description="Memos of court costs that a provider may send before a registry certifies one;"
        " 0: any number.",
    )

    # GraphQL
    max_depth: int = Field(12, ge=1, description="Depth of a GraphQL operation.")
    max_aliases: int = Field(30, ge=0, description="Aliases in a GraphQL operation.")
    max_tokens: int = Field(2_000, ge=50, description="Lexical tokens of a GraphQL document.")
    max_body_bytes: int = Field(1_048_576, ge=1_024, description="Size of a request body.")
    max_page: int = Field(100, ge=1, le=1_000, description="Objects in one page.")
    max_cost: int = Field(1_000, ge=1, description="Cost of one operation.")
    cost_bucket: int = Field(2_000, ge=1, description="Cost a caller may spend at once.")
    cost_refill_per_second: int = Field(100, ge=1, description="Cost given back each second.")
    execution_seconds: float = Field(10, gt=0, description="Longest execution of an operation.")
    max_subscriptions: int = Field(20, ge=1, description="Subscriptions per WebSocket.")
    max_connections_per_caller: int = Field(5, ge=1, description="WebSockets per caller.")
    validation_status: Literal[400, 422] = Field(
        400, description="HTTP status of an operation that does not validate."
    )
    partial_status: Literal[200, 294] = Field(
        200, description="HTTP status of an answer that holds both data and errors."
    )
    compiled_reads: bool = Field(
        True, description="Answer queries by the compiled read path when it can express them."
    )

    # Webhooks
    webhook_retry_seconds: Seconds = Field(
        (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        description="Seconds before each attempt, counted from the previous one.",
    )
    webhook_allow: Words = Field(
        (),
        description="Targets allowed although private or not https: CIDR or CIDR:PORT,"
        " comma-separated.",
    )
    webhook_ca_file: Path | None = Field(
        None,
        description="File of certificates (PEM) of authorities that may sign those of receivers,"
        " beside the authorities of the system: an ERP with a private one. Read at the start.",
    )
    webhook_timeout_seconds: float = Field(15, gt=0, description="Longest delivery attempt.")
    webhook_document_seconds: float = Field(
        1, gt=0, description="Longest execution of an endpoint's document; then it is sent thin."
    )
    webhook_document_seconds_per_minute: float = Field(
        20,
        ge=0,
        description="What the documents of one structure may take, over all its endpoints; the"
        " messages that need more wait, in order. 0: no budget.",
    )
    webhook_secret_overlap_seconds: int = Field(
        86_400, ge=0, description="How long the old secret also signs after a rotation."
    )
    webhook_key_overlap_seconds: int = Field(
        604_800,
        ge=0,
        description="How long the replaced Ed25519 key of the site also signs webhooks.",
    )
    webhook_max_endpoints: int = Field(50, ge=1, description="Endpoints per structure.")
    webhook_jitter: float = Field(0.1, ge=0, lt=1, description="Share by which retries are spread.")
    webhook_connect_seconds: float = Field(3, gt=0, description="Longest time to connect.")
    webhook_longest_retry_after_seconds: int = Field(
        86_400, ge=0, description="Longest Retry-After honoured."
    )
    webhook_slow_down_seconds: int = Field(
        10, ge=1, description="Rest after a 429 that names none."
    )
    webhook_pause_after_seconds: int = Field(
        432_000, ge=1, description="Without success so long: paused."
    )
    webhook_breaker_failures: int = Field(
        20, ge=1, description="Failures that degrade an endpoint."
    )
    webhook_breaker_share: float = Field(
        0.5, ge=0, lt=1, description="More than this share must fail."
    )
    webhook_breaker_seconds: int = Field(300, ge=1, description="The time within which they count.")
    webhook_probe_seconds: int = Field(
        60, ge=1, description="Between probes of a degraded endpoint."
    )
    webhook_in_flight: int = Field(256, ge=1, description="Requests under way in a process.")
    webhook_in_flight_per_endpoint: int = Field(16, ge=1, description="Of these to one endpoint.")
    webhook_in_flight_when_failing: int = Field(1, ge=1, description="To one that keeps failing.")
    webhook_failing_from: int = Field(5, ge=1, description="Failures in a row that count as such.")
    webhook_retention_days: int = Field(
        90,
        ge=1,
        le=3_650,
        description="How long deliveries that ended stay readable, with their attempts, replays and"
        " probes. The event log itself is kept.",
    )
    ready_max_lag_seconds: int = Field(
        0,
        ge=0,
        description="/readyz answers 503 when the webhooks machine is further behind; 0: never.",
    )

    @field_validator("allowed_origins", "webhook_allow", "oidc_scopes", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(w.strip() for w in value.split(",") if w.strip())
        return value

    @field_validator("webhook_retry_seconds", mode="before")
    @classmethod
    def _seconds(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(int(w) for w in value.split(",") if w.strip())
        return value

    @field_validator("webhook_retry_seconds")
    @classmethod
    def _attempts(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or min(value) < 0:
            raise ValueError("write at least one number, none below 0, such as 0,5,300")
        return value

    @field_validator("log_level")
    @classmethod
    def _level(cls, value: str) -> str:
        if value.upper() not in LOG_LEVELS:
            raise ValueError(f"use {', '.join(LOG_LEVELS)}")
        return value

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("write an address, such as https://factures.example.org")
        return value

    @field_validator("webhook_allow")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            network_and_port(text)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if text != "*" and not is_origin(text):
                raise ValueError(
                    f"{text!r}: write an origin as browsers send it, such as https://app.example.org"
                )
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        engine(value)
        return value

    @field_validator("breached_passwords")
    @classmethod
    def _breached(cls, value: Path | None) -> Path | None:
        if value is not None:
            refuse_unreadable(value)
        return value

    @field_validator("webhook_ca_file")
    @classmethod
    def _authorities(cls, value: Path | None) -> Path | None:
        if value is not None:
            authorities.refuse_unreadable(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            server_at(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if "@" not in parseaddr(value)[1]:
            raise ValueError("write an address, or Name <address>")
        return value

    @field_validator("broker_url")
    @classmethod
    def _broker(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "amqp://", "amqps://")):
            raise ValueError("use redis:// or amqp://, or nothing for a worker inside the server")
        return value

    @model_validator(mode="after")
    def _safe(self) -> Settings:
        if self.environment == "production" and not self.public_url.startswith("https://"):
            raise ValueError("PUBLIC_URL: production needs an https:// address")
        if self.oidc_issuer:
            self._safe_provider()
        if self.wake_ups == "redis" and not self.broker_url.startswith("redis"):
            raise ValueError("WAKE_UPS: redis needs a BROKER_URL that begins with redis://")
        if self.environment == "production" and not self.smtp_url.get_secret_value():
            raise ValueError("SMTP_URL: production needs a server that sends its e-mails")
        return self

    def _safe_provider(self) -> None:
        issuer = urlsplit(self.oidc_issuer)
        is_local = issuer.scheme == "http" and issuer.hostname in LOOPBACK_HOSTS
        if issuer.scheme != "https" and (self.environment == "production" or not is_local):
            raise ValueError("OIDC_ISSUER: an https:// address is needed")
        if issuer.query or issuer.fragment or not issuer.hostname:
            raise ValueError("OIDC_ISSUER: an address without query and fragment is needed")
        if not self.oidc_client_id or not self.oidc_client_secret.get_secret_value():
            raise ValueError("OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are needed with OIDC_ISSUER")
        if "openid" not in self.oidc_scopes:
            raise ValueError("OIDC_SCOPES: openid is needed")

    @cached_property
    def url(self) -> str:
        """The public URL without a final slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @cached_property
    def has_mailbox(self) -> bool:
        """Whether /mailbox shows the e-mails: on this machine, in a sandbox without a server."""
        return (
            self.environment == "sandbox"
            and not self.smtp_url.get_secret_value()
            and urlsplit(self.url).hostname in LOOPBACK_HOSTS
        )

    @cached_property
    def key(self) -> bytes:
        """The secret key.

        Raises:
            ValueError: none is given and there is no file to keep one in.
        """
        given = self.secret_key.get_secret_value()
        if given:
            if len(given) < 32:
                raise ValueError("SECRET_KEY: at least 32 characters are needed")
            return given.encode()
        dialect, connection = engine(self.database_url)
        if dialect != "sqlite":
            raise ValueError("SECRET_KEY is needed with PostgreSQL (at least 32 characters)")
        path = Path(connection["credentials"]["file_path"] + ".key")
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().strip().encode()

    @cached_property
    def webhook_networks(self) -> tuple[tuple[IPv4Network | IPv6Network, int | None], ...]:
        """The allowed networks, each with the only port allowed in it or None."""
        return tuple(network_and_port(text) for text in self.webhook_allow)


def problems_of(error: ValidationError) -> list[str]:
    """What is wrong with the environment, one sentence per setting."""
    said = []
    for problem in error.errors():
        name = ".".join(map(str, problem["loc"])).upper()
        words = problem["msg"].removeprefix("Value error, ").removeprefix(f"{name}: ")
        said.append(f"{name}: {words}" if name else words)
    return said


def network_and_port(text: str) -> tuple[IPv4Network | IPv6Network, int | None]:
    """`10.0.0.0/8`, `10.0.0.0/8:9000` or `[fd00::/8]:9000` as a network and a port.

    Raises:
        ValueError: not in one of these forms.
    """
    if text.startswith("["):
        network, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") == 1:
        network, _, port = text.partition(":")
    else:
        network, port = text, ""
    return ip_network(network), int(port) if port else None


def listening(settings: Settings) -> AbstractAsyncContextManager[None]:
    """While it lasts, this process and the others wake each other after commits."""
    return wakeups.listening(_line(settings))


def _line(settings: Settings) -> wakeups.Line | None:
    if settings.wake_ups == "redis":
        return wakeups.RedisLine(settings.broker_url)
    if settings.wake_ups == "postgres" and engine(settings.database_url)[0] == "postgres":
        return wakeups.PostgresLine(settings.database_url)
    return None


async def sealed(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Give their hashes to the events written before the log had any; how many there were."""
    await open_database(settings.database_url, MODELS)
    try:
        return await seal_all(progress)
    finally:
        await close_database()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """The database open, and every choice of the site known to what depends on it.

    Raises:
        ValueError: a setting is missing or unsafe; the message names it.
        MigrationError: the database cannot be reached, lacks a migration, or has events without
            a hash.
    """
    key = settings.key
    if missing := await pending(settings.database_url):
        raise MigrationError(f"run `manage.py migrate` first: {missing[0]} is missing")
    deadlines.keep_tidy(issued.purge)
    deadlines.keep_tidy(factors.purge)
    issued.configure(
        issued.Lives(
            access_token=timedelta(seconds=settings.access_token_seconds),
            unused_client=timedelta(days=settings.client_registration_days),
        )
    )
    deadlines.guard_each_minute(technical.warn_of_expiry)
    deadlines.look_each_minute(accounts.ask_reviews)
    deadlines.look_each_minute(ask_reviews)
    deadlines.look_each_minute(delegations.end_due)
    deadlines.guard_each_minute(checkpoints.make_due)
    deadlines.guard_each_minute(warn_of_certificates)
    deadlines.keep_tidy(mail.forget_old)
    deadlines.keep_tidy(health.forget_old)
    deadlines.keep_tidy(retention.forget_old)
    deadlines.keep_tidy(signatures.forget_old)
    deadlines.keep_tidy(site_keys.retire_ended)
    deadlines.make_later(certificates.make_missing)
    texts.configure(read_texts(settings.signed_texts) if settings.signed_texts else ())
    smtp = settings.smtp_url.get_secret_value()
    mailer.configure(server_at(smtp) if smtp else None, settings.mail_from)
    policy.configure(
        policy.Policy(
            public_url=settings.url,
            key=key,
            account_approval=settings.account_approval,
            activation_seconds=settings.activation_seconds,
            invitation_seconds=settings.invitation_seconds,
            breached_passwords=settings.breached_passwords,
            check_luhn=settings.check_luhn,
            allow_retransmission=settings.allow_retransmission,
            unique_per_year=settings.unique_per_year,
            acknowledge_within_days=settings.acknowledge_within_days,
            tacit_days_subcontractor=settings.tacit_days_subcontractor,
            tacit_days_cocontractor=settings.tacit_days_cocontractor,
            works_project_manager_days=settings.works_project_manager_days,
            works_contest_days=settings.works_contest_days,
            works_general_statement_days=settings.works_general_statement_days,
            works_tacit_answer_days=settings.works_tacit_answer_days,
            works_signature_days=settings.works_signature_days,
            memos_until_certified=settings.memos_until_certified,
            environment=settings.environment,
            sandbox_clock_is_open=settings.sandbox_clock == "open",
            connection_approval=settings.connection_approval,
            technical_secret_days=settings.technical_secret_days,
            log_checkpoint_seconds=settings.log_checkpoint_seconds,
            technical_secret_overlap_seconds=settings.technical_secret_overlap_seconds,
        )
    )
    webhooks_policy.configure(
        webhooks_policy.Policy(
            key=key,
            environment=settings.environment,
            public_url=settings.url,
            retry_seconds=settings.webhook_retry_seconds,
            allow=tuple(Allowed(network, port) for network, port in settings.webhook_networks),
            timeout_seconds=settings.webhook_timeout_seconds,
            ca_file=settings.webhook_ca_file,
            secret_overlap=timedelta(seconds=settings.webhook_secret_overlap_seconds),
            max_endpoints=settings.webhook_max_endpoints,
            document_seconds_per_minute=settings.webhook_document_seconds_per_minute,
            jitter=settings.webhook_jitter,
            connect_seconds=settings.webhook_connect_seconds,
            longest_retry_after=timedelta(seconds=settings.webhook_longest_retry_after_seconds),
            slow_down=timedelta(seconds=settings.webhook_slow_down_seconds),
            pause_after=timedelta(seconds=settings.webhook_pause_after_seconds),
            breaker_failures=settings.webhook_breaker_failures,
            breaker_share=settings.webhook_breaker_share,
            breaker_window=timedelta(seconds=settings.webhook_breaker_seconds),
            probe_every=timedelta(seconds=settings.webhook_probe_seconds),
            in_flight=settings.webhook_in_flight,
            in_flight_per_endpoint=settings.webhook_in_flight_per_endpoint,
            in_flight_when_failing=settings.webhook_in_flight_when_failing,
            failing_from=settings.webhook_failing_from,
            retention=timedelta(days=settings.webhook_retention_days),
        )
    )
    await open_database(settings.database_url, MODELS)
    try:
        epoch = (await fetch("SELECT epoch FROM log_head WHERE id = 1"))[0][0]
        cursors.configure(key, epoch)
        if count := await unsealed():
            raise MigrationError(f"run `manage.py migrate` first: {count} events have no hash")
        await _follow_clock(settings)
        yield
    finally:
        shared_clock.leave()
        await close_database()


async def _follow_clock(settings: Settings) -> None:
    if settings.environment == "sandbox":
        await shared_clock.follow()
    elif await shared_clock.moved_by():
        raise ValueError("ENVIRONMENT: the clock of this database was moved; it stays a sandbox")
