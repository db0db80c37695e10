"""A protected template matches as before, says nothing without the site's secret, and opens for its own key only."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ostiary.controller.people import errors
from ostiary.controller.people.protect import TemplateShield, open_template, pack, seal_template, unpack

N = 192
SITE, OTHER_SITE = TemplateShield(bytes(range(32))), TemplateShield(bytes(range(1, 33)))
# Of a vector of one, one component turned at random has a standard deviation of 1/√192 = 0.072.
UNRELATED = 6 / math.sqrt(N)

vectors = arrays.arrays(np.int8, N, elements=st.integers(-127, 127)).filter(lambda v: v.any())
scales = st.floats(1e-6, 1e6)
secrets = st.binary(min_size=32, max_size=32)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one.astype(np.float64), other.astype(np.float64)
    return float(one @ other / math.sqrt((one @ one) * (other @ other)))


def spread(seed: int, count: int) -> np.ndarray:
    """Vectors as an embedder gives them: normal, brought to int8."""
    drawn = np.random.default_rng(seed).normal(size=(count, N))
    return np.rint(drawn / np.abs(drawn).max(axis=1, keepdims=True) * 127).astype(np.int8)


@given(vectors, vectors, scales)
def test_angles_stay(one: np.ndarray, other: np.ndarray, scale: float) -> None:
    turned = SITE.shield(one, scale), SITE.shield(other, 1.0)
    assert turned[0].dtype == np.float32
    assert math.isclose(float(np.linalg.norm(turned[0].astype(float))), 1, abs_tol=1e-6)
    assert math.isclose(cosine(*turned), cosine(one, other), abs_tol=1e-6)


@given(vectors, vectors)
def test_packing_moves_an_angle_by_no_more_than_its_steps(one: np.ndarray, other: np.ndarray) -> None:
    turned = SITE.shield(one, 1.0), SITE.shield(other, 1.0)
    packed = tuple(unpack(pack(vector)) for vector in turned)
    # Each component moves by at most half a step; making the length one again moves at most as much once more.
    moved = sum(2 * math.sqrt(N) * float(np.abs(vector).max()) / 254 for vector in turned)
    assert abs(float(packed[0].astype(float) @ packed[1]) - cosine(one, other)) <= moved + moved**2 + 1e-6


def test_packing_costs_next_to_nothing_on_vectors_as_they_come() -> None:
    plain = spread(1, 200)
    packed = np.array([unpack(pack(SITE.shield(vector, 0.01))) for vector in plain], np.float64)
    true = np.array([vector / np.linalg.norm(vector.astype(float)) for vector in plain])
    error = packed @ packed.T - true @ true.T
    assert float(np.sqrt((error**2).mean())) < 0.001
    assert float(np.abs(error).max()) < 0.005


def test_two_sites_templates_of_one_face_are_as_unrelated_as_two_faces() -> None:
    plain = spread(2, 400)
    here = np.array([SITE.shield(vector, 1.0) for vector in plain], np.float64)
    there = np.array([OTHER_SITE.shield(vector, 1.0) for vector in plain], np.float64)
    mated, crossed = (here * there).sum(axis=1), (here * np.roll(there, 1, axis=0)).sum(axis=1)
    assert float(np.abs(mated).max()) < UNRELATED
    assert abs(float(mated.mean())) < 4 / math.sqrt(N * len(plain))
    assert 0.8 < float(mated.std() / crossed.std()) < 1.25


def test_a_template_does_not_match_the_plain_vector_it_was_made_of() -> None:
    plain = spread(3, 400)
    found = [cosine(SITE.shield(vector, 1.0), vector) for vector in plain]
    assert max(map(abs, found)) < UNRELATED
    # Nor does an attacker find the owner by trying all: the right one is no likelier the nearest than any other.
    turned = np.array([SITE.shield(vector, 1.0) for vector in plain])
    nearest = (turned @ plain.T.astype(np.float32) / np.linalg.norm(plain.astype(float), axis=1)).argmax(axis=1)
    assert int((nearest == np.arange(len(plain))).sum()) <= 8


@settings(max_examples=10)
@given(secrets, st.sampled_from([64, 65, 128]))
def test_every_secret_gives_an_orthogonal_transform_of_its_own(secret: bytes, dimensions: int) -> None:
    shield, other = TemplateShield(secret, dimensions), TemplateShield(hashlib.sha256(secret).digest(), dimensions)
    axes = np.eye(dimensions, dtype=np.int8)
    turned = np.array([shield.shield(axis, 1.0) for axis in axes], np.float64)
    assert np.allclose(turned @ turned.T, np.eye(dimensions), atol=1e-6)
    assert float(np.abs(np.diag(turned)).max()) < 0.9  # no axis is left about where it was
    elsewhere = np.array([other.shield(axis, 1.0) for axis in axes], np.float64)
    assert float(np.abs((turned * elsewhere).sum(axis=1)).max()) < 0.9


def test_the_transform_is_this_one_on_every_machine() -> None:
    turned = np.array([SITE.shield(vector, 0.5) for vector in np.eye(N, dtype=np.int8)])
    digest = hashlib.sha256(turned.astype("<f4").tobytes()).hexdigest()
    assert digest == "d06f66922df6030158292c89135876cbad6b414b1975988f269d434cd4372ea1"


@given(vectors)
def test_a_new_secret_needs_no_new_capture(vector: np.ndarray) -> None:
    carried = SITE.turn_on(SITE.shield(vector, 1.0), OTHER_SITE)
    assert np.allclose(carried, OTHER_SITE.shield(vector, 1.0), atol=1e-6)


@given(vectors, secrets, st.binary(min_size=12, max_size=12))
def test_a_seal_opens_for_its_key_its_person_and_its_model(vector: np.ndarray, key: bytes, nonce: bytes) -> None:
    packed = pack(SITE.shield(vector, 1.0))
    sealed = seal_template(packed, key, "p-a", "m", nonce)
    assert packed[4:20] not in sealed
    assert open_template(sealed, key, "p-a", "m") == packed
    changed = bytes([*sealed[:-1], sealed[-1] ^ 1])
    wrong_key = bytes([key[0] ^ 1, *key[1:]])
    for attempt in (
        (sealed, wrong_key, "p-a", "m"),
        (sealed, key, "p-b", "m"),
        (sealed, key, "p-a", "n"),
        (sealed, key, "p-am", ""),
        (changed, key, "p-a", "m"),
        (sealed[:-1], key, "p-a", "m"),
        (b"", key, "p-a", "m"),
        (sealed, b"", "p-a", "m"),
    ):
        with pytest.raises(errors.TemplateUnreadable):
            open_template(*attempt)


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_a_secret_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(errors.ShieldSecretWrong):
        TemplateShield(secret)


@pytest.mark.parametrize("dimensions", [0, 63, 1025])
def test_a_vector_of_another_length_is_refused(dimensions: int) -> None:
    with pytest.raises(errors.VectorUnfit):
        TemplateShield(bytes(32), dimensions)


@pytest.mark.parametrize(
    ("vector", "scale"),
    [
        (np.zeros(N, np.int8), 1.0),
        (np.ones(N - 1, np.int8), 1.0),
        (np.ones((1, N), np.int8), 1.0),
        (np.ones(N, np.float32), 1.0),
        (np.ones(N, np.int8), 0.0),
        (np.ones(N, np.int8), -1.0),
        (np.ones(N, np.int8), math.nan),
        (np.ones(N, np.int8), math.inf),
    ],
)
def test_what_is_no_face_vector_is_refused(vector: np.ndarray, scale: float) -> None:
    with pytest.raises(errors.VectorUnfit):
        SITE.shield(vector, scale)


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf])
def test_what_points_nowhere_is_not_packed(value: float) -> None:
    with pytest.raises(errors.VectorUnfit):
        pack(np.full(N, value, np.float32))


@given(st.binary(max_size=1200))
def test_unpacking_anything_gives_a_unit_vector_or_a_refusal(packed: bytes) -> None:
    try:
        vector = unpack(packed)
    except errors.TemplateMalformed:
        return
    assert math.isclose(float(np.linalg.norm(vector.astype(float))), 1, abs_tol=1e-5)


def test_numpy_is_imported_only_when_a_face_is_used() -> None:
    program = "import sys, ostiary.controller.people.protect; print('numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "False\n"


def test_without_numpy_the_error_says_what_to_install() -> None:
    program = (
        "import sys\n"
        "sys.modules['numpy'] = None\n"
        "from ostiary.controller.people.protect import TemplateShield\n"
        "from ostiary.controller.people.errors import FaceExtraMissing\n"
        "try: TemplateShield(bytes(32))\n"
        "except FaceExtraMissing as missing: print(missing.now)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "ostiary[face]" in said
