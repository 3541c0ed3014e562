"""The hub's certificate: made once, known by its hash, and given ones that do not fit are refused."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.errors import Invalid
from app.hub import tls

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_self_made_certificate_names_addresses_and_stays(tmp_path: Path) -> None:
    made = tls.self_made(tmp_path / "tls", ["10.1.2.3", "hub.pingliang", "::1"], NOW)
    found = x509.load_pem_x509_certificate(made.file.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.1.2.3"), ip_address("::1")]
    assert names.get_values_for_type(x509.DNSName) == ["hub.pingliang"]
    told = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert made.fingerprint == hashlib.sha256(told).hexdigest()
    assert made.key.stat().st_mode & 0o77 == 0
    assert tls.self_made(tmp_path / "tls", ["elsewhere"], NOW) == made


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    one = tls.self_made(tmp_path / "one", ["a"], NOW)
    two = tls.self_made(tmp_path / "two", ["a"], NOW)
    assert tls.given(one.file, one.key) == one
    for file, key in ((one.file, two.key), (one.key, one.file), (one.file, tmp_path / "none")):
        with pytest.raises(Invalid):
            tls.given(file, key)


def test_the_hub_knows_what_it_may_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_own_addresses", lambda: ["10.1.2.3"])
    assert tls.outward_address() == "10.1.2.3"
    assert {"localhost", "127.0.0.1", "::1", "10.1.2.3"} <= set(tls.local_hosts("0.0.0.0"))
    assert tls.local_hosts("10.9.8.7")[0] == "10.9.8.7"


def test_it_is_renewed_in_its_last_year_for_the_same_key(tmp_path: Path) -> None:
    made = tls.self_made(tmp_path / "tls", ["10.1.2.3"], NOW)
    before = made.file.read_bytes()
    later = NOW + tls.VALID_FOR - tls.RENEWED_BEFORE + timedelta(days=1)
    renewed = tls.self_made(tmp_path / "tls", ["10.9.8.7"], later)
    assert renewed.fingerprint == made.fingerprint and renewed.file.read_bytes() != before
    found = x509.load_pem_x509_certificate(renewed.file.read_bytes())
    assert found.not_valid_after_utc > later + timedelta(days=3000)
