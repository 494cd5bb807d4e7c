from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import MixedError
from alvinn.util.begun import begin

SETTINGS = {"seed": 1, "data": ["a", "b"], "recordings": {"a": "0" * 64, "b": "1" * 64}, "epochs": None}


def test_the_same_settings_go_on(tmp_path: Path) -> None:
    path = tmp_path / "new" / "begun.json"
    begin(path, SETTINGS, "")
    before = path.read_bytes()
    begin(path, SETTINGS | {"data": ("a", "b")}, "")  # as JSON says it
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 2}, "was begun with seed 1 (now 2): choose another name"),
        ({"seed": 2, "epochs": 3}, "was begun with seed 1 (now 2), epochs none (now 3): choose"),
        ({"data": ["b", "a"]}, "data ['a', 'b'] (now ['b', 'a'])"),
        ({"recordings": {"a": "2" * 64, "b": "1" * 64}}, "recordings a 00000000 (now 22222222): "),
        ({"recordings": {"b": "1" * 64}}, "recordings a 00000000 (now none): "),
        ({"views": "off"}, "views none (now off)"),
    ],
)
def test_every_difference_is_refused_and_named(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    path = tmp_path / "begun.json"
    begin(path, SETTINGS, "")
    before = path.read_bytes()
    with pytest.raises(MixedError) as refused:
        begin(path, SETTINGS | changed, "choose another name")
    assert said in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 9, "settings": {}}', '{"schema": 1}'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "begun.json").write_text(text, encoding="utf-8")
    how = "update alvinn" if "9" in text else "choose another name"
    with pytest.raises(MixedError, match=rf"begun\.json .*{how}$"):
        begin(tmp_path / "begun.json", SETTINGS, "choose another name")
