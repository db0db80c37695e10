"""The site's authority: what it signs, what it keeps, and that a key lives in the key store alone."""

import datetime
import stat
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.controller.fleet.ca import (
    Authority,
    Leaf,
    StrangeAuthority,
    issue,
    keep_leaf,
    site_authority,
    still_good,
)
from ostiary.controller.fleet.holder import BadId, Holder, broker_holder, keeper_holder, node_holder
from ostiary.controller.store.keys import KeyStore

AT_MS = 1_790_000_000_000
DAY_MS = 86_400_000
ids = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[KeyStore]:
    store = KeyStore(tmp_path / "keys.db", bytes(32))
    yield store
    store.close()


@cache
def another_site() -> Authority:
    """Another site's, made once for all."""
    with tempfile.TemporaryDirectory() as directory:
        store = KeyStore(Path(directory) / "keys.db", bytes(32))
        try:
            return site_authority(Path(directory) / "ca.pem", store, "northside", AT_MS)
        finally:
            store.close()


@pytest.fixture
def authority(tmp_path: Path, vault: KeyStore) -> Authority:
    return site_authority(tmp_path / "ca.pem", vault, "northside", AT_MS)


def names_in(leaf: Leaf) -> list[str]:
    certificate = x509.load_pem_x509_certificate(leaf.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def test_the_authority_is_for_ten_years_signs_no_other_authority_and_is_on_a_good_curve(authority: Authority) -> None:
    certificate = authority.certificate
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert datetime.timedelta(days=3650) <= life < datetime.timedelta(days=3651)
    assert basic.critical and basic.value.ca and basic.value.path_length == 0
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name == "secp256r1"


def test_the_authority_is_the_same_at_every_start(tmp_path: Path, vault: KeyStore, authority: Authority) -> None:
    again = site_authority(tmp_path / "ca.pem", vault, "northside", AT_MS + DAY_MS)
    assert again.certificate == authority.certificate


@pytest.mark.parametrize("later_ms", [0, 9 * 365 * DAY_MS], ids=["lost", "ageing"])
def test_a_lost_or_ageing_certificate_is_made_again_and_old_leaves_stay_good(
    tmp_path: Path, vault: KeyStore, authority: Authority, later_ms: int
) -> None:
    leaf = issue(authority, keeper_holder("northside"), AT_MS + later_ms)
    if not later_ms:
        (tmp_path / "ca.pem").unlink()
    new = site_authority(tmp_path / "ca.pem", vault, "northside", AT_MS + later_ms)
    assert new.certificate != authority.certificate
    assert new.certificate.not_valid_after_utc >= authority.certificate.not_valid_after_utc
    x509.load_pem_x509_certificate(leaf.certificate).verify_directly_issued_by(new.certificate)


def test_a_certificate_of_another_site_is_refused_and_not_overwritten(tmp_path: Path, authority: Authority) -> None:
    other = KeyStore(tmp_path / "other.db", bytes(32))
    with pytest.raises(StrangeAuthority, match="same backup"):
        site_authority(tmp_path / "ca.pem", other, "northside", AT_MS)
    other.close()
    assert (tmp_path / "ca.pem").read_bytes() == authority.pem


def test_the_authority_s_key_is_in_no_file_but_the_key_store(
    tmp_path: Path, vault: KeyStore, authority: Authority
) -> None:
    keep_leaf(authority, keeper_holder("northside"), tmp_path / "keeper.pem", tmp_path / "keeper.key", AT_MS)
    scalar = authority.key.private_numbers().private_value.to_bytes(32, "big")
    assert vault.get("ca/site") == scalar
    assert all(scalar not in file.read_bytes() for file in tmp_path.iterdir())


@settings(deadline=None, max_examples=25)
@given(site=ids, node=ids, virtual=st.booleans())
def test_a_client_certificate_has_one_name_and_one_use(site: str, node: str, virtual: bool) -> None:
    holder = node_holder(site, node, virtual=virtual)
    leaf = issue(another_site(), holder, AT_MS)
    certificate = x509.load_pem_x509_certificate(leaf.certificate)
    assert names_in(leaf) == [f"{node}.node.{site}.ostiary"]
    use = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert ("OU=virtual" in certificate.subject.rfc4514_string()) == virtual
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(ids, ids), min_size=2, max_size=2, unique=True))
def test_no_two_participants_share_a_name(two: list[tuple[str, str]]) -> None:
    names = [node_holder(site, node, virtual=True).names[0] for site, node in two]
    names += [keeper_holder(site).names[0] for site in {site for site, _ in two}]
    assert len(set(names)) == len(names)


@settings(deadline=None, max_examples=25)
@given(st.text(max_size=60).filter(lambda word: set(word) - set("abcdefghijklmnopqrstuvwxyz0123456789-")))
def test_a_word_that_could_reach_into_another_name_is_no_id(word: str) -> None:
    with pytest.raises(BadId):
        node_holder("northside", word, virtual=True)
    with pytest.raises(BadId):
        keeper_holder(word)


def test_a_leaf_is_for_a_year_and_forgives_a_clock_that_is_behind(authority: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(issue(authority, keeper_holder("northside"), AT_MS).certificate)
    at = datetime.datetime.fromtimestamp(AT_MS / 1000, datetime.UTC)
    assert certificate.not_valid_before_utc == at - datetime.timedelta(minutes=5)
    assert certificate.not_valid_after_utc == at + datetime.timedelta(days=365)


def test_serial_numbers_do_not_repeat(authority: Authority) -> None:
    serials = {
        x509.load_pem_x509_certificate(issue(authority, keeper_holder("northside"), AT_MS).certificate).serial_number
        for _ in range(50)
    }
    assert len(serials) == 50 and min(serials).bit_length() > 100


def test_a_leaf_is_good_for_its_own_holder_key_authority_and_time_only(tmp_path: Path, authority: Authority) -> None:
    holder = node_holder("northside", "front-1", virtual=True)
    leaf, other = issue(authority, holder, AT_MS), issue(authority, holder, AT_MS)
    stranger = another_site()
    assert still_good(authority, holder, leaf, AT_MS)
    assert still_good(authority, holder, leaf, AT_MS + 334 * DAY_MS)
    assert not still_good(authority, holder, leaf, AT_MS + 336 * DAY_MS), "less than 30 days are left"
    assert not still_good(authority, holder, leaf, AT_MS - DAY_MS)
    assert not still_good(authority, holder, Leaf(leaf.certificate, other.key), AT_MS)
    assert not still_good(authority, holder, Leaf(b"", b""), AT_MS)
    assert not still_good(authority, node_holder("northside", "front-1", virtual=False), leaf, AT_MS)
    assert not still_good(authority, node_holder("northside", "front-2", virtual=True), leaf, AT_MS)
    assert not still_good(stranger, holder, leaf, AT_MS)


def test_a_stranger_s_signature_does_not_verify(authority: Authority) -> None:
    leaf = issue(another_site(), keeper_holder("northside"), AT_MS)
    with pytest.raises((InvalidSignature, ValueError)):
        x509.load_pem_x509_certificate(leaf.certificate).verify_directly_issued_by(authority.certificate)


def test_the_broker_serves_and_connects_nowhere(authority: Authority) -> None:
    leaf = issue(authority, broker_holder("northside", ("doors.example", "192.0.2.7", "localhost")), AT_MS)
    assert names_in(leaf) == ["127.0.0.1", "localhost", "doors.example", "192.0.2.7"]
    use = x509.load_pem_x509_certificate(leaf.certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(use.value) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_kept_files_are_private_and_made_once(tmp_path: Path, authority: Authority) -> None:
    paths = tmp_path / "keeper.pem", tmp_path / "keeper.key"
    assert keep_leaf(authority, keeper_holder("northside"), *paths, AT_MS)
    first = [path.read_bytes() for path in paths]
    assert not keep_leaf(authority, keeper_holder("northside"), *paths, AT_MS)
    assert [path.read_bytes() for path in paths] == first
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]


@pytest.mark.parametrize("torn", ["keeper.pem", "keeper.key"])
def test_half_a_pair_is_replaced_whole(tmp_path: Path, authority: Authority, torn: str) -> None:
    holder: Holder = keeper_holder("northside")
    paths = tmp_path / "keeper.pem", tmp_path / "keeper.key"
    keep_leaf(authority, holder, *paths, AT_MS)
    (tmp_path / torn).write_bytes((tmp_path / torn).read_bytes()[:100])
    assert keep_leaf(authority, holder, *paths, AT_MS)
    assert still_good(authority, holder, Leaf(paths[0].read_bytes(), paths[1].read_bytes()), AT_MS)
