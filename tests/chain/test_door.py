"""What anyone may read of the log: what the site signed, and the keys that signed it."""

from __future__ import annotations

import json

from domain.checkpoints import making, reading
from domain.checkpoints.statement import Signed, said
from tests.api import Api

ALL = """query ($first: Int, $after: String) { logCheckpoints(first: $first, after: $after) {
  nodes { number epoch position eventCount hash root madeAt statement jws }
  pageInfo { hasNextPage endCursor } } }"""


async def test_checkpoints_are_read_by_anyone_the_newest_first(api: Api) -> None:
    await making.make()
    await making.make(always=True)

    first = (await api("anonymous")(ALL, first=1)).payload
    second = (await api("erp")(ALL, first=1, after=first["pageInfo"]["endCursor"])).payload

    shown = [first["nodes"][0], second["nodes"][0]]
    # The clock of the server may have signed some before.
    last = shown[0]["number"]
    assert last >= 2
    assert shown[1]["number"] == last - 1
    assert second["pageInfo"]["hasNextPage"] is (last > 2)
    keys = await reading.published_keys()
    for node in shown:
        told = said(Signed(node["statement"], node["jws"]), keys)
        assert (node["position"], node["eventCount"]) == (str(told["position"]), told["events"])
        assert [node[name] for name in ("epoch", "hash", "root", "madeAt")] == [
            told[name] for name in ("epoch", "hash", "root", "madeAt")
        ]


async def test_checkpoints_and_their_keys_are_published_at_addresses_of_their_own(
    api: Api,
) -> None:
    await making.make()
    await making.make(always=True)

    published = await api.http.get("/.well-known/log-checkpoints.json")
    following = await api.http.get("/.well-known/log-checkpoints.json?after=1")
    keys = (await api.http.get("/.well-known/checkpoint-keys.json")).json()["keys"]

    assert published.headers["access-control-allow-origin"] == "*"
    found = published.json()["checkpoints"]
    numbers = [json.loads(one["statement"])["number"] for one in found]
    assert numbers == list(range(1, len(found) + 1))
    assert following.json()["checkpoints"] == found[1:]
    assert said(Signed(**found[1]), keys)["number"] == 2
    (jwk,) = keys
    assert "d" not in jwk


async def test_an_address_that_is_asked_for_nonsense_says_so(api: Api) -> None:
    for text in ("x", "-1", "1e3", "9" * 30, "²"):
        answer = await api.http.get("/.well-known/log-checkpoints.json", params={"after": text})

        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"
