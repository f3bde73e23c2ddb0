"""Certificates for the loopback address: one that vouches for itself, and one of a private authority."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
_CA = x509.BasicConstraints(ca=True, path_length=None)
_ADDRESS = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])


class PrivateAuthority(NamedTuple):
    """An authority that no system trusts, and a server's certificate with its key."""

    pem: str
    server: Path


def self_signed(folder: Path) -> Path:
    """A new file with the certificate and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _named("vendor")
    certificate = _certificate(name, name, key).add_extension(_CA, critical=True).sign(key, hashes.SHA256())
    return _written(folder / "vendor.pem", certificate, key)


def private_authority(folder: Path, name: str = "authority") -> PrivateAuthority:
    """A new one, whose certificates have no Authority Key Identifier, as those of `openssl x509 -req`."""
    key, server_key, issuer = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
        _named(name),
    )
    root = _certificate(issuer, issuer, key).add_extension(_CA, critical=True).sign(key, hashes.SHA256())
    server = _certificate(_named("portal"), issuer, server_key).sign(key, hashes.SHA256())
    pem = root.public_bytes(Encoding.PEM).decode()
    return PrivateAuthority(pem, _written(folder / f"{name}.pem", server, server_key))


def served_with(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    number, now = x509.random_serial_number(), datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer, name, key.public_key(), number, now - DAY, now + DAY)
    return builder.add_extension(_ADDRESS, critical=False)


def _written(file: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Path:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
