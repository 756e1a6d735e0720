"""Passwords, PINs and opaque tokens: made, hashed, compared."""

from __future__ import annotations

import hashlib
import secrets

import argon2
from argon2.exceptions import Argon2Error, InvalidHash

# OWASP's smallest argon2id setting: about 20 ms on a modest core, so a shift's sign-ins do not queue.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash("nobody knows this")


def new_token() -> str:
    """An opaque token of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """How an opaque token is stored; it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def protect(secret: str) -> str:
    """How a password or PIN is stored."""
    return _HASHER.hash(secret)


def matches(stored: str | None, secret: str) -> bool:
    """Whether the secret is the one that was stored; takes as long when nothing was."""
    try:
        return _HASHER.verify(stored or _NOBODY, secret) and stored is not None
    except (Argon2Error, InvalidHash):
        return False
