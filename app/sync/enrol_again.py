"""Joining the same hub again with the same file: for a laptop that a restored hub does not know any more.

The laptop keeps its keys, so that it is the same laptop for the hub, and the file keeps its work. The next
round (or bundle) finds out what the hub lacks and goes on under a new epoch.
"""

from __future__ import annotations

from app.errors import Invalid
from app.i18n import N_
from app.store.replica_facts import ReplicaFacts
from app.store.workspace import Workspace
from app.sync.client import Client
from app.sync.enrol import SCHEMA, Door, enrol_request
from app.sync.identity import facts_of
from app.sync.invitation import OpenInvitation, parse_code
from app.sync.keys import DeviceKeys
from app.sync.messages import EnrolAnswer, encode_message
from app.sync.state import ENROL_REQUEST


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
    facts = facts_of(workspace)
    return door.enrol(enrol_request(code, keys, SCHEMA, (facts.hub, facts.area)))


def join_again_by_file(workspace: Workspace, opened: OpenInvitation, code: str, keys: DeviceKeys) -> None:
    """The same by an invitation file: the next bundle carries the request."""
    facts, told = facts_of(workspace), opened.invitation
    if told.hub != facts.hub or told.hub_key != facts.hub_key:
        raise Invalid(
            N_("This workspace belongs to another hub"),
            hint=N_("Nothing was changed. Make a new file for another hub."),
            code="other_hub",
        )
    if told.area != facts.area:
        raise Invalid(
            N_("This laptop is one of {mine}, the invitation is for {area}"),
            hint=N_("Nothing was changed. Ask the bureau for an invitation for {mine}."),
            mine=facts.area,
            area=told.area,
            code="other_area",
        )
    request = enrol_request(code, keys, SCHEMA, (facts.hub, facts.area))
    workspace.replica.set_private(ENROL_REQUEST, encode_message(request))
