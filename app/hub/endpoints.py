"""The requests of laptops: session, enrolment, push, pull, grants, snapshot. The hub decides; these carry."""

from __future__ import annotations

import asyncio
import hashlib
from functools import lru_cache
from pathlib import Path

from msgspec import structs
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.errors import Invalid, NotAllowed
from app.hub.logs import say
from app.hub.metrics import VERDICTS
from app.hub.replies import PullAnswer, pull_reply, push_reply
from app.hub.service import Service, address_of, service_of
from app.hub.speaking import body_of, packed
from app.i18n import N_
from app.sync.messages import (
    MADE_HEADER,
    MAX_PUSH,
    MAX_SESSION,
    MAX_SMALL,
    PULL_LIMIT,
    RESPOND_ASYNC,
    SHA256_HEADER,
    EnrolRequest,
    GiveBackReply,
    GiveBackRequest,
    Held,
    ProofAnswer,
    ProofRequest,
    PullReply,
    PullRequest,
    PushReply,
    PushRequest,
    RejoinRequest,
    SessionAnswer,
    SessionRequest,
    decode_message,
)
from app.sync.signing import HUB, sign, signer_of

_SMALLEST_PULL = 64 * 1024
_MOMENTS, _MOMENT = 10, 0.1  # s; so long a snapshot is waited for before somebody is told to ask again
_DIGITS = 18  # of a number of the log


async def session(request: Request) -> Response:
    """A challenge, and for its signature a token; a revoked laptop gets one too, for its work is not lost."""
    service = service_of(request)
    asked = decode_message(SessionRequest, await body_of(request, MAX_SESSION))
    hub_time = _ms(service)
    if not asked.challenge:
        return packed(SessionAnswer(challenge=service.tokens.challenge(asked.device), hub_time=hub_time))
    device = await service.call(service.hub.device, asked.device)
    service.tokens.check(asked.device, asked.challenge, asked.signature, device.sign_key)
    token, expires = service.tokens.token(asked.device)
    request.scope["device"] = asked.device
    return packed(SessionAnswer(token=token, expires=expires, hub_time=hub_time))


async def enrol(request: Request) -> Response:
    """Take in a laptop that knows a one-time code; whoever guesses has to wait."""
    service = service_of(request)
    address = f"enrol {address_of(request)}"
    await service.call(service.enrolments.attempt, address)
    asked = decode_message(EnrolRequest, await body_of(request, MAX_SMALL))
    await service.check_program(request)
    answer = await service.call(service.hub.enrol, asked, service.now())
    await service.call(service.enrolments.succeeded, address)
    say("enrolled", device=answer.device, area=answer.area, role=answer.role_cap)
    return packed(answer)


async def proof(request: Request) -> Response:
    """Show a laptop that knows the hub's key that this is that hub, and which certificate is its own."""
    service = service_of(request)
    asked = decode_message(ProofRequest, await body_of(request, MAX_SESSION))
    bare = ProofAnswer(fingerprint=service.fingerprint, signature=b"")
    made = sign(HUB, bare.claim(asked.challenge), service.hub.sign_seed)
    return packed(structs.replace(bare, signature=made))


async def push(request: Request) -> Response:
    """Decide a signed batch; with `after` the reply brings the effects: a whole small sync."""
    service = service_of(request)
    device = await service.laptop(request)
    asked = decode_message(PushRequest, await body_of(request, MAX_PUSH))
    async with service.turns.turn(len(asked.batch)):
        reply = await service.call(_push, service, device, asked)
    counts = {name: getattr(reply, name) for name in VERDICTS if getattr(reply, name)}
    service.measures.count_push(reply.state, counts)
    request.scope["told"] = "push", {"state": reply.state, **counts}
    return packed(reply)


async def pull(request: Request) -> Response:
    """What came after the numbers of the body (POST) or of `?after=AREA:NUMBER,…` (GET)."""
    service = service_of(request)
    device = await service.laptop(request)
    asked = await _pull_request(request)
    reply = await service.call(_pull, service, device, asked)
    return packed(reply)


async def rejoin(request: Request) -> Response:
    """Up to where a laptop and a hub that was brought back from a backup agree."""
    service = service_of(request)
    device = await service.laptop(request)
    asked = decode_message(RejoinRequest, await body_of(request, MAX_PUSH))
    return packed(await service.call(service.hub.rejoin, device, asked))


async def give_back(request: Request) -> Response:
    """Blocks that the hub had lost; they are kept and counted once, whoever brings them."""
    service = service_of(request)
    device = await service.laptop(request)
    asked = decode_message(GiveBackRequest, await body_of(request, MAX_PUSH))
    entries = await service.call(service.hub.give_back, device, asked.blocks, service.now())
    say("given_back", device=device, entries=entries)
    return packed(GiveBackReply(entries=entries))


async def policy(request: Request) -> Response:
    """The grants for the persons of a laptop, signed by the hub; for an old program too, which learns by
    them what the hub wants, and whose people can sign in meanwhile."""
    service = service_of(request)
    device = service.device(request)
    await service.check_working(device)
    grants = await service.call(service.hub.policy, device, service.now())
    return Response(bytes(grants), media_type="application/octet-stream")


async def snapshot(request: Request) -> Response:
    """The file a new laptop starts from; Range goes on where a line was cut. One who prefers an answer at
    once is told how much is made (202), and asks again; others wait."""
    service = service_of(request)
    device = await service.working_laptop(request)
    making = await service.call(service.snapshots.begin, device)
    if request.headers.get("prefer") == RESPOND_ASYNC:
        for _ in range(_MOMENTS):
            if making.file.done():
                break
            await asyncio.sleep(_MOMENT)
        else:
            return Response(status_code=202, headers={MADE_HEADER: f"{making.done}/{making.whole}"})
    file = await service.call(making.file.result)
    sha256 = await service.call(file_hash, file)
    headers = {SHA256_HEADER: sha256, "ETag": f'"{sha256}"'}
    return FileResponse(file, media_type="application/zstd", headers=headers)


def file_hash(file: Path) -> str:
    """The SHA-256 of a file in hex, read once for each version of it."""
    facts = file.stat()
    return _hash(file, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=512)
def _hash(file: Path, _changed: int, _size: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _push(service: Service, device: str, asked: PushRequest) -> PushReply:
    if signer_of(asked.batch) != device:
        raise NotAllowed(N_("This batch was written by another laptop"), code="bad_token")
    effects: PullReply | None = None
    _hear(service, device, asked.held)
    if asked.after is None:
        answer = service.hub.push(asked.batch, service.now())
    else:
        wanted = PullRequest(after=asked.after, limit=_limit(asked.limit), held=asked.held, heads=asked.heads)
        answer, news = service.hub.sync(device, asked.batch, wanted, service.now())
        effects = _pulled(service, news) if news is not None else None
    return push_reply(answer, effects)


def _pull(service: Service, device: str, asked: PullRequest) -> PullReply:
    limit = _limit(asked.limit)
    _hear(service, device, asked.held)
    found = service.hub.pull(device, asked.after, limit, service.now(), asked.held, asked.heads)
    return _pulled(service, found)


def _hear(service: Service, device: str, held: Held | None) -> None:
    """Note what a laptop says of itself."""
    if held is not None:
        service.programs.hear(device, held)


def _limit(asked: int) -> int:
    return min(max(asked, _SMALLEST_PULL), PULL_LIMIT)


def _pulled(service: Service, news: PullAnswer) -> PullReply:
    reply = pull_reply(news)
    service.measures.pulled.inc(sum(len(block.body) for block in reply.blocks))
    return reply


async def _pull_request(request: Request) -> PullRequest:
    if request.method == "POST":
        return decode_message(PullRequest, await body_of(request, MAX_SMALL))
    after: dict[str, int] = {}
    for part in filter(None, request.query_params.get("after", "").split(",")):
        area, _, number = part.partition(":")
        if not (area.isalnum() and number.isascii() and number.isdigit() and len(number) <= _DIGITS):
            raise Invalid(N_("“after” is written as AREA:NUMBER,AREA:NUMBER"), code="bad_message")
        after[area] = int(number)
    return PullRequest(after=after)


def _ms(service: Service) -> int:
    return int(service.now().timestamp() * 1000)
