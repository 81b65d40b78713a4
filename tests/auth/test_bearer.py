"""A token is accepted when it is genuine, in force, and meant for this API; never otherwise."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from auth.bearer import Bearer, InvalidToken
from auth.config import AuthSettings
from auth.issued import deny, purge
from auth.keys import Keys
from auth.lookups import FRESH_SECONDS
from auth.models import ClientSecret, Denied, SigningKey
from domain.access import Actor, Level, Permission, Role, Space
from domain.accounts.actions import attach, make_administrator
from domain.accounts.models import Attachment
from domain.clock import Clock, now
from domain.events import transaction
from domain.ids import new_id
from domain.origin import Proof
from domain.structures.models import Structure
from tests.auth.outside import SITE, Site, token


class Ticks:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


async def issued(site: Site) -> str:
    answer = await token(site, (site.erp.id, site.erp_secret), grant_type="client_credentials")
    return str(answer.json()["access_token"])


def parts_of(access_token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = access_token.split(".")
    return json.loads(_decoded(header)), json.loads(_decoded(claims))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def signed(site: Site, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A token made with the server's own key, with other content."""
    head, claims = parts_of(await issued(site))
    kept = {name: value for name, value in (claims | changed).items() if value is not None}
    key = await Keys(site.settings).signing()
    return jwt.encode(head | (header or {}), kept, key, default_type=None)


async def test_the_untouched_token_is_accepted(site: Site) -> None:
    assert (await site.who(await signed(site)))["status"] == 200


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": "https://other.test/graphql"}, "The token is for another audience."),
        ({"aud": [SITE]}, "The token is for another audience."),
        ({"aud": None}, "The token is for another audience."),
        ({"aud": {}}, "The token is for another audience."),
        ({"iss": "https://evil.test"}, "The token comes from another issuer."),
        ({"iss": None}, "The token comes from another issuer."),
        ({"exp": 1}, "The token has expired."),
        ({"exp": None}, "The token lacks a claim or gives it a wrong type."),
        ({"exp": "soon"}, "The token lacks a claim or gives it a wrong type."),
        ({"exp": 10**30}, "The token lacks a claim or gives it a wrong type."),
        ({"sub": None}, "The token lacks a claim or gives it a wrong type."),
        ({"sub": ["x"]}, "The token lacks a claim or gives it a wrong type."),
        ({"amr": "pwd"}, "The token lacks a claim or gives it a wrong type."),
        ({"amr": [7]}, "The token lacks a claim or gives it a wrong type."),
        ({"auth_time": "soon"}, "The token lacks a claim or gives it a wrong type."),
        ({"jti": 7}, "The token lacks a claim or gives it a wrong type."),
        ({"client_id": None}, "The token lacks a claim or gives it a wrong type."),
        ({"client_id": "cli_unknown"}, "The client is closed."),
        ({"sub": "acc_unknown"}, "The account is closed."),
    ],
)
async def test_a_genuine_token_with_other_content_is_refused(
    site: Site, changed: dict[str, Any], reason: str
) -> None:
    answer = await site.who(await signed(site, **changed))

    assert answer == {"status": 401, "reason": reason}


async def test_one_audience_among_several_is_enough(site: Site) -> None:
    answer = await site.who(await signed(site, aud=["https://x.test", f"{SITE}/graphql"]))

    assert answer["status"] == 200


async def forgeries(site: Site) -> dict[str, str]:
    """Tokens that someone without our private key can make."""
    genuine = await issued(site)
    head, claims = parts_of(genuine)
    signature = genuine.rsplit(".", 1)[1]
    ours = await Keys(site.settings).signing()
    theirs = RSAKey.generate_key(2048)
    public_pem = ours.as_pem(private=False)
    hs256 = jws.serialize_compact(
        head | {"alg": "HS256"},
        json.dumps(claims).encode(),
        OctKey.import_key(b"0" * 32),
        algorithms=["HS256"],
    )
    confused = _hs256(head | {"alg": "HS256"}, claims, public_pem)
    return {
        "another key under our name": jwt.encode(head, claims, theirs, default_type=None),
        "another key under its own name": jwt.encode(
            head | {"kid": theirs.thumbprint()}, claims, theirs, default_type=None
        ),
        "no name of a key": jwt.encode(
            {k: v for k, v in head.items() if k != "kid"}, claims, ours, default_type=None
        ),
        "a key inside the header": jwt.encode(
            head | {"kid": "x", "jwk": theirs.as_dict(private=False)},
            claims,
            theirs,
            default_type=None,
        ),
        "no algorithm": f"{_encoded(head | {'alg': 'none'})}.{_encoded(claims)}.",
        "no algorithm, signed": ".".join(
            (_encoded(head | {"alg": "none"}), _encoded(claims), signature)
        ),
        "a symmetric algorithm": hs256,
        "our public key as a shared secret": confused,
        "more rights": f"{_encoded(head)}.{_encoded(claims | {'sub': 'acc_x'})}.{signature}",
        "no signature": genuine.rsplit(".", 1)[0] + ".",
        "another type": jwt.encode(head | {"typ": "JWT"}, claims, ours, default_type=None),
        "no type": jwt.encode(
            {k: v for k, v in head.items() if k != "typ"}, claims, ours, default_type=None
        ),
        "an unknown critical header": ".".join(
            (_encoded(head | {"crit": ["x"], "x": 1}), _encoded(claims), signature)
        ),
        "a name that is no text": f"{_encoded(head | {'kid': {}})}.{_encoded(claims)}.{signature}",
        "nothing": "",
        "dots": "...",
        "garbage": "\u00e9\0",
        "a very long text": "a" * 100_000,
        "a long header": f"{'a' * 3000}.a.a",
    }


def _hs256(head: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed_part = f"{_encoded(head)}.{_encoded(claims)}"
    mac = hmac.digest(secret, signed_part.encode(), hashlib.sha256)
    return f"{signed_part}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_no_forgery_is_accepted(site: Site) -> None:
    for name, forged in (await forgeries(site)).items():
        with pytest.raises(InvalidToken) as refused:
            await site.bearer(forged)
        assert refused.value.reason == "The token is malformed or its signature is wrong.", name


async def test_a_token_ends_with_its_life_even_when_it_was_just_accepted(
    site: Site, clock: Clock
) -> None:
    genuine = await issued(site)
    clock.advance(timedelta(seconds=599))
    assert (await site.bearer(genuine)).expires_at == now() + timedelta(seconds=1)
    clock.advance(timedelta(seconds=1))

    answer = await site.who(genuine)

    assert answer == {"status": 401, "reason": "The token has expired."}


async def test_a_refusal_tells_where_to_get_a_token(site: Site) -> None:
    async with site.http() as http:
        answer = await http.get("/who", headers={"Authorization": "Bearer x"})

    assert answer.headers["www-authenticate"] == (
        'Bearer error="invalid_token",'
        ' error_description="The token is malformed or its signature is wrong.",'
        f' resource_metadata="{SITE}/.well-known/oauth-protected-resource/graphql"'
    )


async def test_a_right_given_or_withdrawn_here_is_effective_at_once(site: Site) -> None:
    genuine = await issued(site)
    await site.bearer(genuine)
    async with transaction():
        other = await Structure.create(
            id=new_id("str"),
            identifier_type="UE_HORS_FRANCE",
            identifier="BE0203430576",
            name="Autre",
            nature="PRIVATE",
            created_at=now(),
            updated_at=now(),
        )

    await attach(
        site.erp.id,
        other.id,
        Role.TECHNICAL,
        [(Space.FACTURES_EMISES, Level.CONSULTATION_UNIQUEMENT)],
    )

    assert (await site.bearer(genuine)).actor.may(Permission.READ_ISSUED, other.id)


async def test_what_another_process_changed_is_seen_within_seconds(site: Site) -> None:
    ticks = Ticks()
    bearer = Bearer(site.settings, Keys(site.settings), ticks)
    genuine = await issued(site)
    await bearer(genuine)
    await Attachment.filter(member_id=site.erp.id).update(status="DESACTIVEE")
    ticks.at = FRESH_SECONDS - 0.1
    assert (await bearer(genuine)).actor.structures(Permission.READ_ISSUED)

    ticks.at = FRESH_SECONDS

    assert not (await bearer(genuine)).actor.structures(Permission.READ_ISSUED)


async def test_memory_is_bounded(site: Site) -> None:
    bearer = Bearer(site.settings, Keys(site.settings), most=4)
    several = [await issued(site) for _ in range(7)]

    for genuine in several:
        await bearer(genuine)

    assert len(bearer._known) <= 4


async def test_an_administrator_holds_its_rights_everywhere_within_its_scopes(
    site: Site,
) -> None:
    await make_administrator(site.person.id)

    caller = await site.bearer(
        await signed(site, sub=site.person.id, scope="invoice:read_issued platform:administer")
    )

    assert caller.actor.everywhere == {Permission.READ_ISSUED, Permission.ADMINISTER}


async def test_a_caller_may_always_see_its_own_account_when_its_scopes_say_so(
    site: Site,
) -> None:
    with_it: Actor = (
        await site.bearer(await signed(site, sub=site.person.id, scope="account:self"))
    ).actor
    without: Actor = (
        await site.bearer(await signed(site, sub=site.person.id, scope="invoice:issue"))
    ).actor

    assert with_it.may(Permission.OWN_ACCOUNT)
    assert not without.may(Permission.OWN_ACCOUNT)


async def test_a_new_key_signs_and_the_old_one_still_verifies_until_its_tokens_end(
    site: Site, clock: Clock
) -> None:
    before = await issued(site)
    other_process = Keys(site.settings)
    await other_process.signing()

    kid = await other_process.rotate()

    after = await signed(site, {"kid": kid})
    assert parts_of(before)[0]["kid"] != parts_of(after)[0]["kid"]
    assert (await site.who(before))["status"] == 200
    fresh = Bearer(site.settings, Keys(site.settings))
    assert (await fresh(after)).actor.id == site.erp.id
    assert len((await Keys(site.settings).published())["keys"]) == 2
    clock.advance(timedelta(seconds=site.settings.access_token_seconds + 61))
    assert len((await Keys(site.settings).published())["keys"]) == 1


async def test_private_keys_are_sealed_and_lost_with_the_secret_key(
    site: Site, settings: AuthSettings
) -> None:
    await issued(site)
    row = await SigningKey.get()
    elsewhere = dataclasses.replace(settings, secret_key=b"z" * 32)

    kept = (await Keys(settings).published())["keys"]
    replaced = (await Keys(elsewhere).published())["keys"]

    assert '"d"' not in row.sealed_jwk
    assert [key["kid"] for key in kept] == [row.kid]
    assert [key["kid"] for key in replaced] != [row.kid]


async def test_what_has_expired_is_erased(site: Site, clock: Clock) -> None:
    await deny(["one"], now() + timedelta(minutes=1))
    await deny(["two"], now() + timedelta(minutes=3))
    clock.advance(timedelta(minutes=2))

    erased = await purge()

    assert erased == 1
    assert await Denied.all().values_list("id", flat=True) == ["two"]


async def test_a_token_tells_how_and_when_its_person_logged_in(site: Site) -> None:
    at = now().replace(microsecond=0)
    said = {"amr": ["pwd", "otp"], "auth_time": int(at.timestamp()), "family": "fam_one"}
    token = await signed(site, **said, jti="jti_one")

    person = await site.bearer(token)
    machine = await site.bearer(await signed(site, jti="jti_two"))

    assert person.proof == Proof(("pwd", "otp"), at, "jti_one", family="fam_one")
    # What a machine gets belongs to the secret by which it logged in.
    (secret,) = await ClientSecret.filter(client_id=site.erp.id)
    assert machine.proof == Proof(credential="jti_two", family=secret.id)
