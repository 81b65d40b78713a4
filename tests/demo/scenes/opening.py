"""Newcomers sign up, agree on a works contract, and listen."""

from __future__ import annotations

import asyncio

from tests.demo.outside import PATIENCE, Newcomer, follow_by_sse, log_in, new_siret, sign_up
from tests.demo.scenes.billing import COMPANIES, ERRORS, Works
from tests.demo.stage import Script, expect, refuse

AUTHORITY = "21420218600018"

SCENE: Script[Works] = Script("The contract")
step = SCENE.step


@step("five companies sign up; the contracting authority logs in")
async def actors(play: Works) -> str:
    for who, name in COMPANIES.items():
        newcomer = Newcomer(
            email=f"{who}-{play.run.lower()}@travaux.example",
            name=f"Camille {name.title()}",
            company=f"{name} {play.run}",
            siret=new_siret(),
        )
        play.callers[who] = await sign_up(play.base, newcomer, play.http)
    user = play.credentials["users"]["recipient"]
    play.callers["authority"] = await log_in(play.base, user["email"], user["password"], play.http)
    for who in play.callers:
        viewer = (
            await play.ask(who, "{ viewer { memberships { structure { id name identifier } } } }")
        )["viewer"]
        structures = [m["structure"] for m in viewer["memberships"]]
        own = [s for s in structures if who != "authority" or s["identifier"] == AUTHORITY]
        play.structures[who] = own[0]
    play.today = (await play.ask("holder", "{ sandboxClock { today } }"))["sandboxClock"]["today"]
    return ", ".join(s["name"] for s in play.structures.values())


@step("each opens its works space; the companies sign the invoicing mandate")
async def prepare(play: Works) -> str:
    text = (await play.ask("holder", "{ mandateText { version sha256 } }"))["mandateText"]
    for who, structure in play.structures.items():
        refuse(
            await play.callers[who].do(
                "mutation($input: SpaceOpenInput!) { spaceOpen(input: $input)"
                f" {{ space {{ status }} {ERRORS} }} }}",
                structureId=structure["id"],
                space="FACTURES_DE_TRAVAUX",
            )
        )
        if who in COMPANIES:
            refuse(
                await play.callers[who].do(
                    "mutation($input: MandateSignInput!) { mandateSign(input: $input)"
                    f" {{ mandate {{ version }} {ERRORS} }} }}",
                    structureId=structure["id"],
                    version=text["version"],
                    textSha256=text["sha256"],
                )
            )
    return f"{len(play.structures)} works spaces are open, {len(COMPANIES)} mandates signed"


@step("the contract is proposed with its roles, and everybody agrees")
async def agree(play: Works) -> str:
    play.contract = f"M{play.run}"
    siret = {who: s["identifier"] for who, s in play.structures.items()}
    parties = [
        {"role": "CONTRACTING_AUTHORITY", "identifier": siret["authority"]},
        {"role": "PROJECT_MANAGER", "identifier": siret["manager"]},
        {"role": "GROUP_AGENT", "identifier": siret["holder"]},
        {"role": "CO_CONTRACTOR", "identifier": siret["electrician"]},
    ]
    parties += [
        {
            "role": "SUBCONTRACTOR",
            "identifier": siret[who],
            "principal": siret[principal],
            "ceiling": "5000.00",
        }
        for who, principal in (("painter", "holder"), ("plumber", "electrician"))
    ]
    row_of = "id role status structure { id } availableActions { action }"
    roles = f"parties(first: 20) {{ nodes {{ {row_of} }} }}"
    done = await play.callers["authority"].do(
        "mutation($input: ContractProposeInput!) { contractPropose(input: $input)"
        f" {{ contract {{ id status terms {{ {roles} }} }} {ERRORS} }} }}",
        structureId=play.structures["authority"]["id"],
        number=play.contract,
        nature="TRAVAUX",
        terms={"label": "Réfection de l'école", "ccag": "TRAVAUX", "parties": parties},
    )
    refuse(done)
    known = {s["id"]: who for who, s in play.structures.items()}
    query = f"query($id: ID!) {{ contract(by: {{ id: $id }}) {{ status terms {{ {roles} }} }} }}"
    # The admission to direct payment first: a subcontractor agrees to the terms with it.
    for action, chosen in (("ADMIT", ("authority",)), ("ACCEPT", tuple(play.structures))):
        for row in done["contract"]["terms"]["parties"]["nodes"]:
            for who in chosen:
                contract = (await play.ask(who, query, id=done["contract"]["id"]))["contract"]
                rows = {r["id"]: r for r in contract["terms"]["parties"]["nodes"]}
                offers = rows.get(row["id"], {}).get("availableActions", [])
                mine = action == "ADMIT" or known[row["structure"]["id"]] == who
                if mine and {"action": action} in offers:
                    refuse(
                        await play.callers[who].do(
                            "mutation($input: ContractRoleAnswerInput!) { contractRoleAnswer("
                            f"input: $input) {{ {ERRORS} }} }}",
                            party=row["id"],
                            action=action,
                        )
                    )
    status = (await play.ask("authority", query, id=done["contract"]["id"]))["contract"]["status"]
    expect(status == "IN_FORCE", f"the contract is {status}")
    return f"contract {play.contract} is {status}; first pieces name nobody, the contract does"


@step("the holder follows by SSE, and its ERP by signed webhooks")
async def follow(play: Works) -> str:
    await play.receiver.start()
    play.followers.append(asyncio.create_task(follow_by_sse(play.callers["holder"], play.reader)))
    await asyncio.wait_for(play.reader.ready.wait(), PATIENCE)
    done = await play.callers["holder"].do(
        "mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input)"
        f" {{ endpoint {{ id }} secret {ERRORS} }} }}",
        structureId=play.structures["holder"]["id"],
        url=play.receiver.url,
        filter={"directions": ["WORKS"]},
    )
    refuse(done)
    play.endpoint, play.receiver.secret = done["endpoint"]["id"], done["secret"]
    return play.receiver.url
