"""Sign-up: from an address nobody knows to an account with a code for its application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
import pytest

from auth.issued import purge
from auth.links import use
from auth.models import Link, Session, Waiting, hashed
from auth.pages.links import WRONG_LINKS
from auth.signup import PER_EMAIL, PER_NETWORK, approve, refuse
from domain import events, policy
from domain.access import Actor, ActorKind, Permission, Role
from domain.accounts.actions import attach, create_account, make_administrator
from domain.accounts.models import Account, AccountStatus, Attachment
from domain.clock import Clock
from domain.db import fetch
from domain.errors import WrongStatus
from domain.mail.models import Mail
from domain.structures.models import Structure
from tests.auth.letters import kinds_to, letter_to, link_to, token_of
from tests.auth.outside import (
    CALLBACK,
    PASSWORD,
    SITE,
    Browser,
    Pkce,
    Site,
    authorization,
    exchange,
    sent_back,
)
from tests.make import a_siret
from tests.statements import _VALUE, counted

EMAIL = "nouvelle.personne@example.fr"
GOOD = "lavande tournesol brouette"
TABLES = ("account", "auth_link", "mail", "structure", "attachment", "event", "auth_session")


@pytest.fixture(autouse=True)
def policy_of_the_site(database: str) -> Iterator[None]:
    """Links of e-mails lead to the site."""
    policy.configure(policy.Policy(public_url=SITE, key=b"k" * 32))
    yield
    policy.configure(policy.Policy())


def approving() -> None:
    policy.configure(replace(policy.current(), account_approval=True))


async def ask(browser: Browser, email: str = EMAIL, **filled: str) -> httpx2.Response:
    """Fill in the sign-up page."""
    page = await browser.open("/oauth/sign-up")
    return await browser.send(page, **({"email": email, "identifier": a_siret()} | filled))


async def activate(browser: Browser, link: str, **filled: str) -> httpx2.Response:
    """Follow the link of the e-mail and fill in its page."""
    said = {
        "display_name": "Nadia Nouvelle",
        "structure_name": "Atelier Nouvelle",
        "password": GOOD,
        "password_again": GOOD,
    }
    answer = await browser.send(await browser.open(link), **(said | filled))
    return await agreed(browser, answer)


async def agreed(browser: Browser, page: httpx2.Response) -> httpx2.Response:
    """What comes after the terms of use, which a new person accepts before going on."""
    is_asked = page.url.path == "/oauth/terms"
    return await browser.send(page, agreed="yes") if is_asked else page


async def rows() -> dict[str, int]:
    return {t: (await fetch(f"SELECT COUNT(*) FROM {t}"))[0][0] for t in TABLES}


# The way in


async def test_a_new_person_signs_up_and_ends_with_a_token_for_the_application(
    browser: Browser,
) -> None:
    pkce, siret = Pkce(), a_siret()
    login = await browser.authorize(pkce)
    target = re.search(r'href="(/oauth/sign-up\?[^"]+)"', login.text)
    assert target
    page = await browser.open(target[1].replace("&amp;", "&"))
    assert "Pour continuer vers <strong>Portail</strong>" in page.text

    sent = await browser.send(page, email=EMAIL, identifier=siret)
    before = await rows()
    back = await activate(browser, await link_to(EMAIL))

    assert sent.status_code == 200
    assert "60 minutes" in sent.text
    assert before | {"account": 1, "structure": 1, "attachment": 2} == before
    answer = await exchange(browser.site, sent_back(back)["code"], pkce)
    assert answer.status_code == 200, answer.text
    assert sent_back(back)["state"] == "a state"
    account = await Account.get(email=EMAIL)
    assert (account.status, account.display_name) == (AccountStatus.ACTIVE, "Nadia Nouvelle")
    assert account.activated_at is not None
    structure = await Structure.get(identifier=siret)
    attachment = await Attachment.get(member_id=account.id)
    assert structure.name == "Atelier Nouvelle"
    assert (attachment.structure_id, attachment.role) == (structure.id, Role.MAIN_MANAGER)
    who = await browser.site.who(answer.json()["access_token"])
    assert who["id"] == account.id
    assert "invoice:issue" in who["rights"][structure.id]
    told = [e.kind for e in await events.of_subject(account.id)]
    assert told == ["account.activated", "terms.accepted"]


async def test_prompt_create_leads_to_the_sign_up_page(browser: Browser) -> None:
    page = await browser.authorize(prompt="create", login_hint=EMAIL)

    assert page.url.path == "/oauth/sign-up"
    assert f'value="{EMAIL}"' in page.text
    back = await browser.send(page, identifier=a_siret(), email=EMAIL)
    assert back.status_code == 200
    assert "code" in sent_back(await activate(browser, await link_to(EMAIL)))


async def test_prompt_create_shows_the_page_to_who_is_logged_in_as_well(browser: Browser) -> None:
    await browser.log_in()

    assert (await browser.authorize(prompt="create")).url.path == "/oauth/sign-up"


async def test_prompt_create_is_announced(browser: Browser) -> None:
    told = (await browser.open("/.well-known/openid-configuration")).json()

    assert "create" in told["prompt_values_supported"]


async def test_prompt_create_together_with_none_is_refused(browser: Browser) -> None:
    answer = await browser.authorize(prompt="none create", scope="openid")

    assert sent_back(answer)["error"] in ("invalid_request", "login_required")


async def test_the_link_followed_in_another_browser_offers_the_application(site: Site) -> None:
    async with site.http() as here, site.http() as elsewhere:
        page = await Browser(site, here).authorize(prompt="create")
        await Browser(site, here).send(page, email=EMAIL, identifier=a_siret())

        answer = await activate(Browser(site, elsewhere), await link_to(EMAIL))
        then = await agreed(Browser(site, elsewhere), await Browser(site, elsewhere).authorize())

    assert answer.status_code == 200
    assert "Vous êtes connecté" in answer.text
    assert 'href="https://app.test/"' in answer.text
    assert "code" in sent_back(then)


async def test_someone_without_a_siret_signs_up_without_script(browser: Browser) -> None:
    page = await browser.open("/oauth/sign-up")
    assert "<summary>Je n’ai pas de numéro de SIRET" in page.text
    assert page.text.count("<option ") == 7
    assert '<option value="SIRET" selected>' in page.text
    assert "<script" not in page.text

    await browser.send(page, email=EMAIL, identifier="FR12345A", identifier_type="HORS_UE")
    wrong = await browser.send(
        page, email=EMAIL, identifier="CH Müller GmbH", identifier_type="HORS_UE"
    )
    await activate(browser, await link_to(EMAIL))

    assert wrong.status_code == 200
    structure = await Structure.get(identifier="CH Müller GmbH")
    assert (structure.identifier_type, structure.country) == ("HORS_UE", "CH")


async def test_a_known_structure_is_asked_and_not_named_again(browser: Browser) -> None:
    site = browser.site
    await ask(browser, identifier=site.structure.identifier)
    page = await browser.open(await link_to(EMAIL))

    await activate(browser, await link_to(EMAIL))

    assert "structure_name" not in page.text
    account = await Account.get(email=EMAIL)
    attachment = await Attachment.get(member_id=account.id)
    assert (attachment.structure_id, attachment.status) == (
        site.structure.id,
        "EN_COURS_DE_VALIDATION",
    )


async def test_an_account_carried_over_is_opened_and_keeps_what_it_has(browser: Browser) -> None:
    carried = await create_account(EMAIL, "N. NOUVELLE", status=AccountStatus.PENDING)
    await attach(carried.id, browser.site.structure.id, Role.SECONDARY_MANAGER)
    approving()

    await ask(browser, identifier=browser.site.structure.identifier)
    await activate(browser, await link_to(EMAIL))

    account = await Account.get(email=EMAIL)
    assert (account.id, account.status) == (carried.id, AccountStatus.ACTIVE)
    assert account.display_name == "Nadia Nouvelle"
    (attachment,) = await Attachment.filter(member_id=account.id)
    assert (attachment.role, attachment.status) == (Role.SECONDARY_MANAGER, "VALIDEE")


async def test_the_language_of_the_browser_is_that_of_the_messages(browser: Browser) -> None:
    browser.http.headers["accept-language"] = "en-GB,fr;q=0.5"

    await ask(browser)
    await activate(browser, await link_to(EMAIL))

    assert (await letter_to(EMAIL)).subject == "Activate your Bordereau account"
    assert (await Account.get(email=EMAIL)).locale == "EN"


# The same answer, the same work


STATUSES = [None, *(s for s in AccountStatus if s is not AccountStatus.ERASED)]


async def test_sign_up_answers_and_works_the_same_whatever_is_known_of_the_address(
    browser: Browser, clock: Clock
) -> None:
    said = {
        None: "account_activation",
        AccountStatus.PENDING: "account_activation",
        AccountStatus.ACTIVE: "account_exists",
        AccountStatus.AWAITING: "account_awaiting",
        AccountStatus.DISABLED: "account_closed",
    }
    siret = a_siret()
    await ask(browser, "first@example.fr", identifier=siret)
    seen = []
    for number, status in enumerate(STATUSES):
        email = f"personne{number}@example.fr"
        if status is not None:
            await create_account(email, "Quelqu'un", status=status)
        before = await rows()
        async with counted() as statements:
            answer = await ask(browser, email, identifier=siret)
        after = await rows()
        grown = {t: after[t] - before[t] for t in TABLES if after[t] != before[t]}
        # Counters are taken in the order of their names, which are drawn: the order may differ.
        work = sorted(_VALUE.sub("?", sql) for sql in statements)
        seen.append((answer.status_code, answer.text.replace(email, "@"), grown, work))
        assert await kinds_to(email) == [said[status]]

    for status, one in zip(STATUSES, seen, strict=True):
        assert one == seen[0], status
    assert seen[0][2] == {"auth_link": 1, "mail": 1}


async def test_a_link_of_an_address_that_has_an_account_opens_nothing(browser: Browser) -> None:
    await ask(browser)
    link = await link_to(EMAIL)
    await create_account(EMAIL, "Ouverte entre-temps")

    answer = await activate(browser, link)

    assert answer.status_code == 409
    assert "Un compte existe déjà" in answer.text
    assert (await Account.get(email=EMAIL)).display_name == "Ouverte entre-temps"
    assert not await Session.exists()


async def test_the_link_of_a_known_address_is_told_to_nobody(browser: Browser) -> None:
    await ask(browser, browser.site.person.email)

    words = await letter_to(browser.site.person.email)

    assert "token" not in words.body
    assert f"{SITE}/oauth/login" in words.body


# Links


async def test_looking_at_a_link_does_not_use_it_up(browser: Browser) -> None:
    await ask(browser)
    link = await link_to(EMAIL)

    for _ in range(3):
        assert (await browser.open(link)).status_code == 200
    await browser.http.head(link)

    assert not await Account.exists(email=EMAIL)
    assert (await activate(browser, link)).status_code == 200


async def test_a_link_is_used_once(browser: Browser) -> None:
    await ask(browser)
    link = await link_to(EMAIL)
    page = await browser.open(link)
    said = {"display_name": "A", "structure_name": "B", "password": GOOD, "password_again": GOOD}
    await browser.send(page, **said)
    page_again = await browser.open(link)

    # The form kept from before: its token is that of the link, its form token still ours.
    form_token = await form_token_of(browser)
    again = await browser.http.post(
        "/oauth/activate", data={"form_token": form_token, "token": token_of(link), **said}
    )

    for answer in (page_again, again):
        assert answer.status_code == 410
        assert "Ce lien n’est plus valable" in answer.text
        assert 'href="/oauth/sign-up"' in answer.text
    assert await Account.filter(email=EMAIL).count() == 1


async def form_token_of(browser: Browser) -> str:
    page = await browser.open("/oauth/sign-up")
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found
    return found[1]


async def test_expired_used_replaced_and_unknown_links_get_one_answer(
    browser: Browser, clock: Clock
) -> None:
    await ask(browser)
    replaced = await link_to(EMAIL)
    await ask(browser)
    expired = await link_to(EMAIL)
    clock.advance(timedelta(minutes=59, seconds=59))
    assert (await browser.open(expired)).status_code == 200
    clock.advance(timedelta(seconds=1))

    pages = [
        await browser.open(link)
        for link in (
            replaced,
            expired,
            "/oauth/activate?token=unknown",
            "/oauth/activate",
            "/oauth/activate?token=" + "a" * 5_000,
        )
    ]

    assert {(p.status_code, p.text) for p in pages} == {(410, pages[0].text)}
    assert "Demander un nouveau lien" in pages[0].text


async def test_a_link_expires_while_its_form_is_filled_in(browser: Browser, clock: Clock) -> None:
    await ask(browser)
    page = await browser.open(await link_to(EMAIL))
    clock.advance(timedelta(hours=1))

    answer = await browser.send(
        page, display_name="A", structure_name="B", password=GOOD, password_again=GOOD
    )

    assert answer.status_code == 410
    assert not await Account.exists(email=EMAIL)


async def test_a_link_for_one_thing_does_not_do_another(browser: Browser) -> None:
    await ask(browser)
    token = token_of(await link_to(EMAIL))

    for page in ("reset", "email/confirm", "email/keep"):
        assert (await browser.open(f"/oauth/{page}?token={token}")).status_code == 410


async def test_two_at_once_with_one_link_make_one_account(site: Site) -> None:
    async with site.http() as http:
        browser = Browser(site, http)
        await ask(browser)
        link = await Link.get(email=EMAIL)
        async with events.transaction():
            assert await use(link)
            assert not await use(link)


async def test_only_a_hash_of_the_token_is_kept_and_the_message_is_sealed(
    browser: Browser,
) -> None:
    await ask(browser)
    token = token_of(await link_to(EMAIL))

    everything = str([dict(row) for row in await Link.all().values()])
    everything += str([dict(row) for row in await Mail.all().values()])

    assert token not in everything
    assert hashed(token) in everything


async def test_links_are_guessed_at_a_decreasing_pace(browser: Browser, clock: Clock) -> None:
    await ask(browser)
    link = await link_to(EMAIL)
    for number in range(WRONG_LINKS.free):
        assert (await browser.open(f"/oauth/activate?token={number}")).status_code == 410

    refused = await browser.open("/oauth/activate?token=more")

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    # Whoever holds a right one is not stopped by those who guess.
    assert (await browser.open(link)).status_code == 200


async def test_links_that_nobody_can_use_any_more_are_forgotten(
    browser: Browser, clock: Clock
) -> None:
    await ask(browser)
    clock.advance(timedelta(hours=24))
    await purge()
    assert await Link.all().count() == 1
    clock.advance(timedelta(hours=1, seconds=1))

    await purge()

    assert await Link.all().count() == 0


async def test_the_site_may_give_links_another_life(browser: Browser, clock: Clock) -> None:
    policy.configure(replace(policy.current(), activation_seconds=300))

    sent = await ask(browser)
    link = await link_to(EMAIL)

    assert "5 minutes" in sent.text
    assert "dans les 5 minutes" in (await letter_to(EMAIL)).body
    clock.advance(timedelta(minutes=5))
    assert (await browser.open(link)).status_code == 410


# What is refused


async def test_everything_wrong_with_a_sign_up_is_said_at_once(browser: Browser) -> None:
    before = await rows()

    page = await ask(browser, "nobody", identifier="123")

    assert page.status_code == 422
    assert "« nobody » n&#39;est pas une adresse électronique." in page.text
    assert "“nobody” is not an e-mail address." in page.text
    assert "« 123 »" in page.text
    assert page.text.count('aria-invalid="true"') == 2
    assert 'role="alert"' in page.text
    assert await rows() == before


async def test_a_siret_with_a_wrong_key_is_refused_unless_the_site_does_not_check(
    browser: Browser,
) -> None:
    right = a_siret()
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)

    refused = await ask(browser, identifier=wrong)
    policy.configure(replace(policy.current(), check_luhn=False))
    taken = await ask(browser, identifier=wrong)

    assert (refused.status_code, taken.status_code) == (422, 200)
    assert await kinds_to(EMAIL) == ["account_activation"]


@pytest.mark.parametrize(
    ("siret", "status"),
    [("35600000000048", 200), ("35600000049837", 200), ("35600000049838", 422)],
)
async def test_la_poste_has_a_rule_of_its_own(browser: Browser, siret: str, status: int) -> None:
    assert (await ask(browser, identifier=siret)).status_code == status


@pytest.mark.parametrize(
    "disguised",
    [
        "dur\u0430nd@example.fr",  # a Cyrillic letter before the @
        "durand@ex\u0430mple.fr",  # and after it
        "durand@\u0435xample.fr",
        "durand\u200b@example.fr",
        "\u202edurand@example.fr",
        "durand@example.fr\u2066",
        "\uff44urand@example.fr",
    ],
)
async def test_an_address_that_passes_for_another_is_refused_with_its_rule(
    browser: Browser, disguised: str
) -> None:
    page = await ask(browser, disguised)

    assert page.status_code == 422
    assert not await Mail.exists()


async def test_a_form_of_another_site_signs_nobody_up(browser: Browser) -> None:
    page = await browser.open("/oauth/sign-up")

    forged = await browser.send(page, email=EMAIL, identifier=a_siret(), form_token="0" * 64)
    browser.http.headers["sec-fetch-site"] = "cross-site"
    crossed = await browser.send(page, email=EMAIL, identifier=a_siret())

    assert (forged.status_code, crossed.status_code) == (403, 403)
    assert not await Mail.exists()


async def test_one_address_is_written_to_a_few_times_only_known_or_not(
    browser: Browser, clock: Clock
) -> None:
    for email in (EMAIL, browser.site.person.email):
        for _ in range(PER_EMAIL.free):
            assert (await ask(browser, email)).status_code == 200

        refused = await ask(browser, email)

        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        assert await Mail.filter(recipient=email).count() == PER_EMAIL.free


async def test_one_network_signs_up_many_people_but_not_everybody(
    browser: Browser, clock: Clock
) -> None:
    for number in range(PER_NETWORK.free):
        assert (await ask(browser, f"p{number}@example.fr")).status_code == 200

    assert (await ask(browser, "one.more@example.fr")).status_code == 429


# The page behind the link


@pytest.mark.parametrize(
    ("password", "french", "english"),
    [
        ("court", "moins de 12 caractères", "fewer than 12 characters"),
        ("leavemealone", "listes de mots de passe volés", "lists of stolen passwords"),
        ("aaaaaaaaaaaaaaaa", "se devine trop facilement", "too easy to guess"),
        ("Nadia Nouvelle", "se devine trop facilement", "too easy to guess"),
        ("nouvelle.personne", "se devine trop facilement", "too easy to guess"),
        ("x" * 1_025, "plus de 1024 caractères", "more than 1024 characters"),
    ],
)
async def test_a_bad_password_is_refused_in_both_languages_and_keeps_the_link(
    browser: Browser, password: str, french: str, english: str
) -> None:
    await ask(browser)
    link = await link_to(EMAIL)

    page = await activate(browser, link, password=password, password_again=password)

    assert page.status_code == 422
    assert french in page.text
    assert english in page.text
    assert 'value="Nadia Nouvelle"' in page.text
    assert password not in page.text or password in ("Nadia Nouvelle", "nouvelle.personne")
    assert "code" not in (await activate(browser, link)).headers.get("location", "")
    assert await Account.exists(email=EMAIL, status=AccountStatus.ACTIVE)


async def test_everything_wrong_with_an_opening_is_said_at_once(browser: Browser) -> None:
    await ask(browser)

    page = await activate(
        browser,
        await link_to(EMAIL),
        display_name=" ",
        structure_name="",
        password="court",
        password_again="autre",
    )

    assert page.status_code == 422
    for words in ("Prénom et nom", "Raison sociale", "moins de 12", "sont différents"):
        assert words in page.text
    assert not await Account.exists(email=EMAIL)


async def test_the_password_is_kept_as_argon2id_only(browser: Browser) -> None:
    await ask(browser)
    await activate(browser, await link_to(EMAIL))

    account = await Account.get(email=EMAIL)

    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")


async def test_the_form_of_one_browser_activates_nothing_in_another(site: Site) -> None:
    async with site.http() as mine, site.http() as theirs:
        await ask(Browser(site, mine))
        page = await Browser(site, mine).open(await link_to(EMAIL))
        await Browser(site, theirs).open("/oauth/login")

        answer = await Browser(site, theirs).send(
            page, display_name="A", structure_name="B", password=GOOD, password_again=GOOD
        )

    assert answer.status_code == 403
    assert not await Account.exists(email=EMAIL)


async def test_a_session_planted_before_the_activation_is_worth_nothing(browser: Browser) -> None:
    await ask(browser)
    link = await link_to(EMAIL)
    browser.http.cookies.set("__Host-bordereau-session", "planted", domain="bordereau.test")

    await activate(browser, link)

    session = await Session.get()
    assert session.token_hash != hashed("planted")
    assert browser.http.cookies["__Host-bordereau-session"] != "planted"


async def test_someone_logged_in_as_another_becomes_the_new_person(browser: Browser) -> None:
    await browser.log_in()
    await ask(browser)

    await activate(browser, await link_to(EMAIL))

    account = await Account.get(email=EMAIL)
    assert [s.account_id for s in await Session.all()] == [account.id]


ASTRAY = [
    "https://evil.test/",
    "//evil.test/",
    "return_to=https%3A%2F%2Fevil.test%2F",
    "javascript:alert(1)",
    urlencode({"client_id": "x", "redirect_uri": "https://evil.test", "response_type": "code"}),
]


@pytest.mark.parametrize("astray", ASTRAY)
async def test_a_stored_request_never_leads_off_the_site(browser: Browser, astray: str) -> None:
    page = await browser.open("/oauth/sign-up", next=astray)
    await browser.send(page, email=EMAIL, identifier=a_siret())

    answer = await activate(browser, await link_to(EMAIL))

    assert "location" not in answer.headers
    assert str(answer.url).startswith(SITE)
    assert "evil.test" not in answer.headers["content-security-policy"]


async def test_a_return_address_that_nobody_registered_is_refused_at_the_end(
    browser: Browser,
) -> None:
    asked = authorization(browser.site, redirect_uri="https://evil.test/callback")
    page = await browser.open("/oauth/sign-up", next=urlencode(asked))
    await browser.send(page, email=EMAIL, identifier=a_siret())

    answer = await activate(browser, await link_to(EMAIL))

    assert answer.status_code == 400
    assert "location" not in answer.headers


async def test_the_page_of_the_link_allows_our_own_script_and_no_other(browser: Browser) -> None:
    page = await browser.authorize(prompt="create")
    await browser.send(page, email=EMAIL, identifier=a_siret())

    shown = await browser.open(await link_to(EMAIL))

    rules = shown.headers["content-security-policy"]
    assert "script-src 'self'; connect-src 'self'" in rules
    assert rules.endswith("form-action 'self' https://app.test")
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert re.findall(r"<script[^>]*>", shown.text) == [
        '<script src="/oauth/static/strength.js" defer>'
    ]
    assert (await browser.open("/oauth/static/strength.js")).status_code == 200


# Approval


async def administrator() -> Actor:
    account = await create_account("admin@example.fr", "Agnès Admin")
    await make_administrator(account.id)
    everywhere = frozenset({Permission.ADMINISTER})
    return Actor(account.id, ActorKind.PERSON, account.display_name, everywhere=everywhere)


async def test_where_accounts_are_approved_a_new_one_waits_and_nobody_is_logged_in(
    browser: Browser,
) -> None:
    approving()
    actor, siret = await administrator(), a_siret()
    await ask(browser, identifier=siret)

    page = await activate(browser, await link_to(EMAIL))

    assert page.status_code == 200
    assert "doit encore l’approuver" in page.text
    account = await Account.get(email=EMAIL)
    assert account.status == AccountStatus.AWAITING
    assert not await Session.exists()
    assert not await Structure.exists(identifier=siret)
    assert await kinds_to(EMAIL) == ["account_activation", "account_awaiting"]
    assert await kinds_to("admin@example.fr") == ["account_to_approve"]
    log_in = await browser.open("/oauth/login")
    refused = await browser.send(log_in, email=EMAIL, password=GOOD)
    assert refused.status_code == 403

    await approve(actor, account.id)

    assert await Structure.exists(identifier=siret, name="Atelier Nouvelle")
    assert (await Attachment.get(member_id=account.id)).role == Role.MAIN_MANAGER
    assert (await kinds_to(EMAIL))[-1] == "account_approved"
    assert not await Waiting.exists()
    told = [e.kind for e in await events.of_subject(account.id)]
    assert told == ["account.awaiting", "account.approved"]
    log_in = await browser.open("/oauth/login")
    assert (await browser.send(log_in, email=EMAIL, password=GOOD)).status_code == 200


async def test_a_refused_account_stays_closed_and_its_person_reads_why(browser: Browser) -> None:
    approving()
    actor, siret = await administrator(), a_siret()
    await ask(browser, identifier=siret)
    await activate(browser, await link_to(EMAIL))
    account = await Account.get(email=EMAIL)

    await refuse(actor, account.id, "Adresse inconnue de nos services.")

    await account.refresh_from_db()
    assert account.status == AccountStatus.DISABLED
    assert "Motif : Adresse inconnue de nos services." in (await letter_to(EMAIL)).body
    assert not await Waiting.exists()
    assert not await Structure.exists(identifier=siret)
    with pytest.raises(WrongStatus):
        await refuse(actor, account.id, None)


# The strength of a password while it is typed


async def test_the_strength_of_a_password_is_told_to_our_own_pages(browser: Browser) -> None:
    token = await form_token_of(browser)
    sent = {"form_token": token, "email": EMAIL}

    weak = await browser.http.post("/oauth/password/strength", data={**sent, "password": "azerty"})
    good = await browser.http.post("/oauth/password/strength", data={**sent, "password": GOOD})
    forged = await browser.http.post(
        "/oauth/password/strength", data={"password": GOOD, "form_token": "0" * 64}
    )

    assert weak.json()["accepted"] is False
    assert weak.json()["score"] < 3
    assert weak.json()["fr"].startswith(("Très faible.", "Faible."))
    assert weak.json()["en"].startswith(("Very weak.", "Weak."))
    assert good.json() == {"score": 4, "accepted": True, "fr": "Très bon.", "en": "Very good."}
    assert forged.status_code == 403


async def test_the_strength_of_passwords_is_not_told_without_end(browser: Browser) -> None:
    sent = {"form_token": await form_token_of(browser), "password": "azerty"}

    answers = [
        (await browser.http.post("/oauth/password/strength", data=sent)).status_code
        for _ in range(40)
    ]

    assert answers[:20] == [200] * 20
    assert 429 in answers


async def test_the_person_of_the_site_still_logs_in(browser: Browser) -> None:
    """What these pages added to the log-in changed nothing of it."""
    page = await browser.authorize()

    assert CALLBACK in (await browser.log_in(page, password=PASSWORD)).headers["location"]
