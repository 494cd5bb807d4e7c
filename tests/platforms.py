"""Marks for tests that need what not every system has."""

from __future__ import annotations

import os

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals, limits and process groups")
