"""AES-128 in CBC mode (NIST SP 800-38A §6.2), the one seam where the two interpreters need different libraries.

Blocks in, blocks out: padding and authentication are `seal.py`'s. A key and an initialisation vector have 16 bytes,
data a multiple of 16.
"""

import sys

if sys.implementation.name == "micropython":
    # By name: CPython, whose types are checked, has no such module.
    _aes = __import__("cryptolib").aes
    _CBC = 2

    def aes_cbc_encrypt(key: bytes, iv: bytes, padded: bytes) -> bytes:
        """As many bytes as `padded` has. Raises `ValueError` for lengths that AES does not have."""
        return _aes(key, _CBC, iv).encrypt(padded)

    def aes_cbc_decrypt(key: bytes, iv: bytes, encrypted: bytes) -> bytes:
        """As many bytes as `encrypted` has. Raises `ValueError` for lengths that AES does not have."""
        return _aes(key, _CBC, iv).decrypt(encrypted)

else:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    def aes_cbc_encrypt(key: bytes, iv: bytes, padded: bytes) -> bytes:
        """As many bytes as `padded` has. Raises `ValueError` for lengths that AES does not have."""
        encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    def aes_cbc_decrypt(key: bytes, iv: bytes, encrypted: bytes) -> bytes:
        """As many bytes as `encrypted` has. Raises `ValueError` for lengths that AES does not have."""
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        return decryptor.update(encrypted) + decryptor.finalize()
