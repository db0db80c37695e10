"""The site's own certificate authority: one key in the key store, from which every certificate at the broker comes.

A client certificate carries exactly one DNS name and no e-mail address, and the broker knows that name as one user
(`verify_and_map`), so a certificate is one participant and cannot be taken for another.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ostiary.controller.fleet.holder import Holder, check_id
from ostiary.controller.fleet.private_file import read_if_there, write_private
from ostiary.controller.store.errors import ThreePartError

AUTHORITY_DAYS = 3650
LEAF_DAYS = 365
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(minutes=5)  # a node's clock may be a little behind ours
CURVE = ec.SECP256R1()


class StrangeAuthority(ThreePartError):
    """ca.pem was made with another key than the one in the key store."""


class Vault(Protocol):
    """What this room needs of the key store."""

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Authority:
    """The site's own certificate and the key that signs the others. The key lives in memory and in the key store."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def site_authority(path: Path, vault: Vault, site: str, at_ms: int) -> Authority:
    """The site's authority; makes key and certificate when the site is new. `path` is where ca.pem lives.

    A lost or ageing ca.pem is made again from the same key, so certificates that are out there stay good. Raises
    `StrangeAuthority` when ca.pem and the key store are of two sites, OSError when the disk refuses.
    """
    key = _key(vault.get_or_create("ca/site", _new_key))
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    held = read_if_there(path)
    if held is not None:
        certificate = x509.load_pem_x509_certificate(held)
        if certificate.public_key() != key.public_key():
            raise StrangeAuthority(
                f"{path} does not belong to the key store.",
                "One of the two is from another site or from an older backup.",
                "Restore both from the same backup. Or remove the directories tls and nodes: the next start makes new "
                "certificates, and every node that is not virtual must be claimed again.",
            )
        enough = timedelta(days=LEAF_DAYS) + RENEW_BEFORE
        if certificate.not_valid_before_utc <= at and certificate.not_valid_after_utc - enough > at:
            return Authority(certificate, key)
    authority = Authority(_sign_authority(key, check_id(site, "site"), at), key)
    write_private(path, authority.pem)
    return authority


def issue(authority: Authority, holder: Holder, at_ms: int) -> Leaf:
    """A new key and its certificate, good from five minutes before `at_ms` for a year, for one use only:
    a broker's certificate opens no client connection, a client's certificate serves none."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    key = ec.generate_private_key(CURVE)
    use = ExtendedKeyUsageOID.SERVER_AUTH if holder.serves else ExtendedKeyUsageOID.CLIENT_AUTH
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_subject(authority, holder))
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(min(at + timedelta(days=LEAF_DAYS), authority.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_general_names(holder)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_identifier(authority.key), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return Leaf(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def still_good(authority: Authority, holder: Holder, leaf: Leaf, at_ms: int) -> bool:
    """Whether `leaf` is this authority's, names this holder, fits its key, and lasts another 30 days."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    try:
        certificate = x509.load_pem_x509_certificate(leaf.certificate)
        key = serialization.load_pem_private_key(leaf.key, password=None)
        certificate.verify_directly_issued_by(authority.certificate)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == key.public_key()
        and certificate.subject == _subject(authority, holder)
        and list(names) == _general_names(holder)
        and certificate.not_valid_before_utc <= at
        and certificate.not_valid_after_utc - RENEW_BEFORE > at
    )


def keep_leaf(authority: Authority, holder: Holder, certificate: Path, key: Path, at_ms: int) -> bool:
    """See that a good certificate and its key lie at these paths; returns whether they had to be made.

    A crash between the two writes leaves a pair that does not fit, which the next call replaces.
    """
    held = Leaf(read_if_there(certificate) or b"", read_if_there(key) or b"")
    if still_good(authority, holder, held, at_ms):
        return False
    leaf = issue(authority, holder, at_ms)
    write_private(key, leaf.key)
    write_private(certificate, leaf.certificate)
    return True


def _subject(authority: Authority, holder: Holder) -> x509.Name:
    site = authority.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, site),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, holder.unit),
            x509.NameAttribute(NameOID.COMMON_NAME, holder.common),
        ]
    )


def _general_names(holder: Holder) -> list[x509.GeneralName]:
    def general(name: str) -> x509.GeneralName:
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)

    return [general(name) for name in holder.names]


def _sign_authority(key: ec.EllipticCurvePrivateKey, site: str, at: datetime) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, site),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Ostiary authority of {site}"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - BACKDATED)
        .not_valid_after(at + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_identifier(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _new_key() -> bytes:
    """The private scalar, 32 bytes big-endian (SEC 1 §2.3.7): as short as every other key in the store."""
    return ec.generate_private_key(CURVE).private_numbers().private_value.to_bytes(32, "big")


def _key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar, "big"), CURVE)
