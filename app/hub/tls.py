"""The hub's certificate: a given one, or one it makes for itself, known to laptops by its key's SHA-256."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app import disk
from app.errors import Invalid
from app.i18n import N_
from app.sync.pinning import key_fingerprint

CERTIFICATE, KEY = "certificate.pem", "key.pem"
VALID_FOR = timedelta(days=3650)
RENEWED_BEFORE = timedelta(days=365)  # for the same key, by which laptops know it
_BACKDATED = timedelta(days=2)  # laptops whose clock is behind


@dataclass(frozen=True)
class Certificate:
    """The two files of a certificate and the SHA-256 of its public key, in hex."""

    file: Path
    key: Path
    fingerprint: str


def given(file: Path, key: Path) -> Certificate:
    """A certificate somebody else made; raises Invalid when the two do not fit together."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file, key)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(
            N_("The certificate {file} and its key cannot be used: {why}"),
            hint=N_("Both are PEM files; the key is that of the certificate, without a password."),
            file=file.name,
            why=str(error),
            code="bad_certificate",
        ) from error
    return Certificate(file, key, fingerprint_of(file))


def self_made(folder: Path, hosts: list[str], now: datetime) -> Certificate:
    """The certificate kept in `folder`, made for these names and addresses when there is none, and made anew
    for the same key when it soon ends."""
    file, key = folder / CERTIFICATE, folder / KEY
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not key.is_file():
        disk.write(key, ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        file.unlink(missing_ok=True)
    if not file.is_file() or _first(file).not_valid_after_utc - now < RENEWED_BEFORE:
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        assert isinstance(private, ec.EllipticCurvePrivateKey), "the key here was made here"
        disk.write(file, _certificate(private, hosts, now).public_bytes(serialization.Encoding.PEM))
    return given(file, key)


def fingerprint_of(file: Path) -> str:
    """The SHA-256 of the public key of the first certificate in a PEM file, in hex."""
    return key_fingerprint(_first(file).public_bytes(serialization.Encoding.DER))


def _first(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(file.read_bytes())[0]


def local_hosts(host: str) -> list[str]:
    """The names and addresses this machine may be called by when it listens on `host`."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname(), *_own_addresses()]
    if host not in ("", "0.0.0.0", "::"):
        names.insert(0, host)
    return list(dict.fromkeys(filter(None, names)))


def outward_address() -> str:
    """The address other machines of the network most likely reach this one by; nothing is sent."""
    return next(iter(_own_addresses()), "127.0.0.1")


def _own_addresses() -> list[str]:
    """Addresses of the interfaces that lead outward; choosing a route sends no packet."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:  # no such network here
            continue
    return found


def _certificate(private: ec.EllipticCurvePrivateKey, hosts: list[str], now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gridward hub")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(private.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(list(map(_alternative, hosts))), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
    )
    return builder.sign(private, hashes.SHA256())


def _alternative(host: str) -> x509.GeneralName:
    address: IPv4Address | IPv6Address
    try:
        address = ip_address(host)
    except ValueError:
        return x509.DNSName(host.encode("idna").decode())
    return x509.IPAddress(address)
