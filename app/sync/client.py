"""The way to a hub over HTTP: a token by challenge, a pinned certificate, second tries where harmless."""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from app import __version__
from app.errors import AppError, Invalid
from app.i18n import N_, language
from app.sync import messages as m
from app.sync.line import Line, LineLost, Reply
from app.sync.moments import MOMENT
from app.sync.pinning import WrongCertificate, check_address, pinned, seen_at
from app.sync.refusals import TOO_OLD, error_of, unreachable
from app.sync.transport import Between, BlobThere, ignore

M = TypeVar("M", bound=m.Message)
Signer = Callable[[bytes], bytes]  # the device's signature over these bytes
TRIES = 4
_FIRST_PAUSE = 0.3  # seconds; doubled with each try, and up to half as much again by chance
_AGAIN = frozenset({408, 429, 502, 503, 504})
_LOST_TOKEN = frozenset({"no_token", "bad_token", "expired_token"})
_BARE = {401: "no_token", 426: TOO_OLD}  # what an answer without body and code refuses for
_PART = 1024 * 1024
_PAUSES = 4  # moments between two questions how far a snapshot is
_QUIET = 300  # such questions without an answer that it has grown: more than five minutes
# Tokens by hub and laptop: good for hours, while each round has a way to the hub of its own.
_TOKENS: dict[tuple[str, str, str], str] = {}
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")  # as OpenSSL calls it


class Client:
    """A hub at an address. `fingerprint` is that of its key, or the beginning of it; without a
    `device` and its `sign` only enrolment is possible."""

    def __init__(
        self,
        url: str,
        fingerprint: str = "",
        device: str = "",
        sign: Signer | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = check_address(url)
        self._device, self._sign, self._pause = device, sign, pause
        self._pinned = pinned(fingerprint)
        self._whose = self.url, fingerprint, device
        self._line = Line(self.url, self._pinned)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the hub's public key that was seen, in hex; empty without TLS."""
        return self._pinned.seen

    def heed(self, check: Callable[[], None]) -> None:
        """Call `check` while an answer is waited for; it raises Cancelled to stop."""
        self._line.heed = check

    def close(self) -> None:
        """Let go of connections."""
        self._line.close()

    # ------------------------------------------------------------ messages
    def enrol(self, request: m.EnrolRequest) -> m.EnrolAnswer:
        """Ask to become one of the hub's laptops; the same keys asked twice give the same laptop."""
        reply = self._ask("POST", "/v1/enrol", content=m.encode_message(request), open_=True)
        return self._read(m.EnrolAnswer, reply)

    def proof(self, challenge: bytes) -> m.ProofAnswer:
        """Ask whoever answers to show which hub it is."""
        request = m.encode_message(m.ProofRequest(challenge=challenge))
        return self._read(m.ProofAnswer, self._ask("POST", "/v1/proof", content=request, open_=True))

    def push(self, batch: bytes, asked: m.PullRequest | None = None) -> m.PushReply:
        """Send a signed batch; the hub knows it again, so that it may be sent twice."""
        request = m.PushRequest(batch=batch)
        if asked is not None:
            request = m.PushRequest(
                batch=batch, after=asked.after, limit=asked.limit, held=asked.held, heads=asked.heads
            )
        return self._post("/v1/push", request, m.PushReply)

    def pull(self, asked: m.PullRequest) -> m.PullReply:
        """What came after these numbers."""
        return self._post("/v1/pull", asked, m.PullReply)

    def rejoin(self, request: m.RejoinRequest) -> m.RejoinReply:
        """Up to where this laptop and a hub that was brought back from a backup agree."""
        return self._post("/v1/rejoin", request, m.RejoinReply)

    def give_back(self, blocks: Sequence[m.SignedBlock]) -> int:
        """Give the hub blocks that it has lost; it knows them again, so that they may be sent twice."""
        return self._post("/v1/give-back", m.GiveBackRequest(blocks=list(blocks)), m.GiveBackReply).entries

    def policy(self) -> bytes:
        """The signed grants."""
        return self._ask("GET", "/v1/policy").content

    # ------------------------------------------------------------ files
    def snapshot(self, target: Path, between: Between, making: Between = ignore) -> None:
        """Fetch the snapshot; a piece that is there already is kept if it is of the same snapshot. While the
        hub makes it, `making` hears how many records of how many it has; it is waited for as long as they
        grow."""
        mark = target.with_name(target.name + ".etag")
        headers = {"Prefer": m.RESPOND_ASYNC}
        if target.exists() and mark.exists():
            headers["If-Range"] = mark.read_text("ascii")
        last, quiet = (-1, -1), 0
        while (made := self._fetch("/v1/snapshot", target, between, headers, mark)) is not None:
            last, quiet = made, quiet + 1 if made == last else 0
            if quiet > _QUIET:
                raise unreachable(self.url, "the snapshot does not come on")
            making(*made)
            for _ in range(_PAUSES):
                self._pause(MOMENT)
                self._line.heed()
        mark.unlink(missing_ok=True)

    def blob_there(self, sha256: str) -> BlobThere:
        """How much of this file the hub has."""
        reply = self._ask("HEAD", f"/v1/blob/{sha256}", missing_ok=True)
        if reply.status == 404:
            return BlobThere(0, False)
        return BlobThere(int(reply.headers.get("Upload-Offset", 0)), "Upload-Length" in reply.headers)

    def send_blob(self, sha256: str, source: Path, between: Between) -> None:
        """Send a file from where the hub stopped."""
        whole = source.stat().st_size
        there = self.blob_there(sha256)
        offset = there.offset
        with source.open("rb") as file:
            while not there.whole and offset < whole:
                file.seek(offset)
                offset = self._send_part(sha256, offset, file.read(_PART), whole)
                between(offset, whole)

    def fetch_blob(self, sha256: str, size: int, target: Path, between: Between) -> None:
        """Fetch a file, going on with what is there already."""
        if target.exists() and target.stat().st_size >= size:
            target.unlink()  # it was whole and not what it should be
        self._fetch(f"/v1/blob/{sha256}", target, between, {}, None)

    def thumbnail(self, sha256: str) -> bytes | None:
        """A small JPEG of a picture; None when there is none."""
        reply = self._ask("GET", f"/v1/blob/{sha256}?thumbnail=1", missing_ok=True)
        return reply.content if reply.status == 200 else None

    # ------------------------------------------------------------ inside
    def _post(self, path: str, message: m.Message, kind: type[M]) -> M:
        reply = self._ask("POST", path, content=m.encode_message(message))
        return self._read(kind, reply)

    def _read(self, kind: type[M], reply: Reply) -> M:
        """What the hub says; a page of a network that asks for a sign-in first is no answer of a hub."""
        try:
            return m.decode_message(kind, reply.content)
        except Invalid as error:
            raise error_of({"error": "not_a_hub"}, reply.status, self.url) from error

    def _send_part(self, sha256: str, offset: int, part: bytes, whole: int) -> int:
        """The new offset, which the hub names; another one than expected when it stood elsewhere."""
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(whole), "Content-Type": m.BLOB_PART}
        try:
            reply = self._ask("PATCH", f"/v1/blob/{sha256}", content=part, headers=headers, tries=1)
        except AppError as error:
            if error.code != "offset" and error.code != "hub_unreachable":
                raise
            self._wait(0)  # the line was cut, or a part arrived whose answer did not
            there = self.blob_there(sha256)
            return whole if there.whole else there.offset
        return int(reply.headers.get("Upload-Offset", offset + len(part)))

    def _fetch(
        self, path: str, target: Path, between: Between, headers: Mapping[str, str], mark: Path | None
    ) -> tuple[int, int] | None:
        """Fetch all of it; how far it is at the hub where it is being made, and None once it is here."""
        for turn in range(TRIES):
            try:
                return self._fetch_on(path, target, between, headers, mark)
            except LineLost as error:
                if turn == TRIES - 1:
                    raise self._failure(error) from error
                self._wait(turn)
                if mark is not None and mark.exists():
                    headers = {**headers, "If-Range": mark.read_text("ascii")}
        return None

    def _fetch_on(
        self, path: str, target: Path, between: Between, headers: Mapping[str, str], mark: Path | None
    ) -> tuple[int, int] | None:
        """One try: from the end of what is there. Without a mark the content's name says it is the same."""
        have = target.stat().st_size if target.exists() else 0
        wanted = dict(headers)
        if have and (mark is None or "If-Range" in headers):
            wanted["Range"] = f"bytes={have}-"
        with self._line.open(path, {**_headers(), **wanted, **self._bearer()}) as (reply, pieces):
            if reply.status == 416 and "Range" in wanted:  # all of it was here, and nobody had said so yet
                target.unlink(missing_ok=True)
                raise LineLost("nothing comes after what is here")
            if reply.status == 202:
                b"".join(pieces)  # to its end, so that the line is kept: the same process of the hub answers
                return _made(reply.headers.get(m.MADE_HEADER, ""))
            if reply.status not in (200, 206):
                raise self._refusal(replace(reply, content=b"".join(pieces)))
            if mark is not None:
                mark.write_text(reply.headers.get("ETag", ""), "ascii")
            done = have if reply.status == 206 else 0
            whole = done + int(reply.headers.get("Content-Length", 0))
            with target.open("ab" if done else "wb") as file:
                for piece in pieces:  # as it comes, so that a cut costs little
                    file.write(piece)
                    done += len(piece)
                    between(done, whole)
        return None

    def _ask(
        self,
        method: str,
        path: str,
        *,
        tries: int = TRIES,
        open_: bool = False,
        missing_ok: bool = False,
        **options: Any,
    ) -> Reply:
        """The answer, when it is a good one; a lost token is fetched anew once. Raises AppError."""
        renewed = False
        turn = 0
        while True:
            headers = {**options.get("headers", {}), **({} if open_ else self._bearer())}
            reply = self._try(method, path, turn < tries - 1, {**options, "headers": headers})
            if reply is None:
                self._wait(turn)
                turn += 1
                continue
            if reply.status < 300 or (missing_ok and reply.status == 404):
                return reply
            error = self._refusal(reply)
            if open_ or renewed or not self._token_lost(error, reply):
                raise error
            renewed = True
            _TOKENS.pop(self._whose, None)

    def _try(self, method: str, path: str, again: bool, options: dict[str, Any]) -> Reply | None:
        """One try; None when another one may help."""
        headers = {**_headers(), **options["headers"]}
        try:
            reply = self._line.ask(method, path, headers, options.get("content", b""))
        except LineLost as error:
            failure = self._failure(error)
            if again and failure.code == "hub_unreachable":
                return None
            raise failure from error
        return None if again and reply.status in _AGAIN else reply

    def _wait(self, turn: int) -> None:
        pause = _FIRST_PAUSE * 2**turn
        self._pause(pause * (1 + random.random() / 2))  # laptops shall not come together
        self._line.heed()

    def _bearer(self) -> dict[str, str]:
        token = _TOKENS.get(self._whose)
        if token is None:
            token = _TOKENS[self._whose] = self._fetch_token()
        return {"Authorization": f"Bearer {token}"}

    def _fetch_token(self) -> str:
        if self._sign is None:
            raise Invalid(N_("This workspace belongs to no hub"), code="not_enrolled")
        first = self._session(m.SessionRequest(device=self._device))
        proof = self._sign(m.SESSION_CONTEXT + first.challenge)
        request = m.SessionRequest(device=self._device, challenge=first.challenge, signature=proof)
        token = self._session(request).token
        if not token:
            raise error_of({"error": "not_a_hub"}, 200, self.url)
        return token

    def _session(self, request: m.SessionRequest) -> m.SessionAnswer:
        reply = self._ask("POST", "/v1/session", content=m.encode_message(request), open_=True)
        return self._read(m.SessionAnswer, reply)

    @staticmethod
    def _token_lost(error: AppError, reply: Reply) -> bool:
        return reply.status == 401 and error.code in _LOST_TOKEN

    def _refusal(self, reply: Reply) -> AppError:
        refusal = m.refusal_of(reply.content)
        if reply.method == "HEAD" and refusal["error"] == "not_a_hub":  # an answer without a body
            code = str(reply.headers.get(m.REFUSAL_HEADER) or _BARE.get(reply.status, ""))
            refusal = {"error": code, "message": "", "hint": ""}
        if reply.status >= 500 and refusal["error"] == "not_a_hub":
            refusal = {"error": "", "message": str(reply.status), "hint": ""}
        return error_of(refusal, reply.status, self.url)

    def _failure(self, error: LineLost) -> AppError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, WrongCertificate):
                return Invalid(
                    N_("The hub at {url} is not the one that was invited to: its certificate is another"),
                    hint=N_("Nothing was sent. Compare the fingerprint with the bureau: {seen}"),
                    url=self.url,
                    seen=self._pinned.seen,
                    code="wrong_fingerprint",
                )
            if isinstance(cause, ssl.SSLCertVerificationError):
                return Invalid(
                    N_("Nobody vouches for the certificate of {url}"),
                    hint=N_(
                        "Nothing was sent. Ask the bureau for a code made while the hub serves (hub"
                        " invite): it holds the certificate’s fingerprint."
                    ),
                    url=self.url,
                    details=[cause.verify_message],
                    code="untrusted_certificate",
                )
            if isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS:
                return error_of({"error": "no_tls"}, 0, self.url)
            cause = cause.__cause__ or cause.__context__
        if self.url.startswith("http:") and seen_at(self.url):
            return error_of({"error": "wants_tls"}, 0, self.url)
        return unreachable(self.url, error)


def _headers() -> dict[str, str]:
    """What goes with every request: which program asks, and in which language a refusal is to be told."""
    return {"User-Agent": f"gridward/{__version__}", "Accept-Language": language().replace("_", "-")}


def _made(told: str) -> tuple[int, int]:
    """How many records of how many; nothing where the hub does not say it in numbers."""
    done, _, whole = told.partition("/")
    return (int(done), int(whole)) if done.isdecimal() and whole.isdecimal() else (0, 0)
