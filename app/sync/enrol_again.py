"""Joining the same hub again with the same file, which keeps its work.

With the keys it has: a laptop that a restored hub does not know any more; for the hub it is the same laptop.
With new keys: one whose keys cannot be opened any more. The hub takes it for another one, which says what it
was and so is given that one's place; that one is revoked. The next round (or bundle) sends what waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from app.domain.values import as_moment
from app.errors import Invalid
from app.i18n import N_
from app.store.replica_facts import ReplicaFacts
from app.store.workspace import Workspace
from app.sync import enrol as joining
from app.sync.client import Client
from app.sync.enrol import SCHEMA, Asker, Door, Joined, enrol_request
from app.sync.grants import read_grants
from app.sync.identity import facts_of, keystore
from app.sync.invitation import Invitation, OpenInvitation, parse_code
from app.sync.keys import DeviceKeys, device_uid
from app.sync.keystore import WRAPPED, Held
from app.sync.messages import EnrolAnswer, encode_message
from app.sync.state import ENROL_REQUEST, GRANTS, LAST_ERROR, LOCK_KEYS, REVOKED


def join_again(workspace: Workspace, url: str, code: str, keys: DeviceKeys) -> ReplicaFacts:
    """Let the hub at `url` take this laptop in again. Raises HubUnreachable, NotAllowed `bad_code`, Refused
    `known_device` when the hub knows it still, Invalid `other_hub` or `other_area`."""
    client = Client(url, parse_code(code).fingerprint)
    try:
        answer = ask_again(client, workspace, code, keys)
        fingerprint = client.fingerprint
    finally:
        client.close()
    replica = workspace.replica
    replica.set_facts(url=url.rstrip("/"), fingerprint=fingerprint, role_cap=answer.role_cap)
    return facts_of(workspace)


def ask_again(door: Door, workspace: Workspace, code: str, keys: DeviceKeys) -> EnrolAnswer:
    """Hand in the code, and say which hub and area the laptop belongs to: no other may take it."""
    return door.enrol(enrol_request(code, keys, SCHEMA, again_of(workspace, keys)))


def join_again_by_file(workspace: Workspace, opened: OpenInvitation, code: str, keys: DeviceKeys) -> None:
    """The same by an invitation file: the next bundle carries the request. Where the hub is now, if it says
    so, is noted."""
    told = opened.invitation
    _check_invitation(workspace, told)
    if told.url:
        workspace.replica.set_facts(url=told.url, fingerprint=told.fingerprint)
    request = enrol_request(code, keys, SCHEMA, again_of(workspace, keys))
    workspace.replica.set_private(ENROL_REQUEST, encode_message(request))


def join_anew(workspace: Workspace, url: str, code: str, now: Callable[[], datetime]) -> Held:
    """Let the hub at `url` take this file in under new keys; gives them and where they lie. A cut line
    loses nothing: the same code goes on. Raises as `join_again`, Refused `other_role`."""
    joined = joining.join(url, code, workspace.path, now, again_of(workspace))
    held = go_on(workspace, joined)
    joining.settle(workspace.path)
    return held


def join_anew_by_file(workspace: Workspace, told: Invitation, code: str, now: Callable[[], datetime]) -> Held:
    """The same by an invitation file: the next bundle carries the request."""
    _check_invitation(workspace, told)
    if told.device:
        raise _other_hub()
    keys = DeviceKeys.make()
    request = enrol_request(code, keys, SCHEMA, again_of(workspace))
    before = facts_of(workspace)
    facts = replace(
        before, device=device_uid(keys.sign_public), epoch=1, role_cap=told.role, founding=told.founding,
        enrolled_at=as_moment(now().astimezone(UTC)),
    )  # fmt: skip
    return go_on(workspace, Joined(facts, keys), encode_message(request))


def again_of(workspace: Workspace, keys: DeviceKeys | None = None) -> Asker:
    """What this file says of itself; with keys that are not those of its grants it shows these."""
    facts, grants = facts_of(workspace), workspace.replica.private(GRANTS)
    named = read_grants(grants, facts.hub_key).device if grants else ""
    own = device_uid(keys.sign_public) if keys is not None else ""
    return Asker(facts.hub, facts.area, grants if grants and named not in ("", own) else b"")


def go_on(workspace: Workspace, joined: Joined, request: bytes | None = None) -> Held:
    """Let the file be the laptop that has joined; the keys it had are given up, also where PINs wrap them."""
    before = facts_of(workspace)
    if (joined.facts.hub, joined.facts.hub_key) != (before.hub, before.hub_key):
        raise _other_hub()
    held = keystore(workspace, joined.facts.device).keep(joined.keys)
    facts = replace(joined.facts, hub_time_ms=max(before.hub_time_ms, joined.facts.hub_time_ms),
                    last_sync=before.last_sync)  # fmt: skip
    lock = b"1" if held.where == "file" else None  # whoever signs in first wraps them
    private = {LOCK_KEYS: lock, ENROL_REQUEST: request, REVOKED: None, LAST_ERROR: None}
    workspace.replica.go_on(facts, private, WRAPPED)
    if before.device != facts.device:
        keystore(workspace, before.device).forget()
    return held


def _check_invitation(workspace: Workspace, told: Invitation) -> None:
    facts = facts_of(workspace)
    if told.hub != facts.hub or told.hub_key != facts.hub_key:
        raise _other_hub()
    if told.area != facts.area:
        raise Invalid(
            N_("This laptop is one of {mine}, the invitation is for {area}"),
            hint=N_("Nothing was changed. Ask the bureau for an invitation for {mine}."),
            mine=facts.area,
            area=told.area,
            code="other_area",
        )


def _other_hub() -> Invalid:
    return Invalid(
        N_("This workspace belongs to another hub"),
        hint=N_("Nothing was changed. Make a new file for another hub."),
        code="other_hub",
    )
