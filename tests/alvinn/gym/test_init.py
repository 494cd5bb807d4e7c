from __future__ import annotations

import importlib
import sys

import pytest

import alvinn.gym


def test_without_gymnasium_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    monkeypatch.delitem(sys.modules, "gymnasium.envs.registration")
    with pytest.raises(
        ModuleNotFoundError, match=r"""requires Gymnasium, an extra: pip install "\.\[gym\]" in the project's"""
    ):
        importlib.reload(alvinn.gym)
