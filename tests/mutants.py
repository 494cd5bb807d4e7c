"""Would the tests notice a fault? Changes one thing in a module, and sees whether the module's own tests fail.

    python -m tests.mutants                      draw a sample of mutants in each part, and try them
    python -m tests.mutants --again              try the survivors again, after tests were added
    python -m tests.mutants --parts driving      only some parts

The mutants are those of Cosmic Ray (`make mutants` installs it): another operator, comparison, number or constant, a
condition turned round, a loop that runs no time, a missing decorator. Not counted are those that only annotate
otherwise, and those that put an operator of bits into arithmetic, which fails with the first number. A mutant is
noticed when a test of the file of the same name fails or does not end in time. A result stands in OUT as soon as it is
known; the same command tries what is missing, and what was drawn from a file that has changed since.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import multiprocessing
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "experiments" / "mutants.json"
PARTS = {
    "driving": "alvinn/driving/*.py",
    "metrics": "alvinn/metrics/*.py",
    "encodings": "alvinn/networks/encodings.py",
    "preprocessing": "alvinn/networks/preprocessing.py",
    "views": "alvinn/training/examples/views.py",
    "dataset": "alvinn/training/examples/dataset.py",
    "gates": "alvinn/drivers/gates.py",
    "dynamics": "sim/dynamics/*.py",
}
SAMPLE = 25  # mutants of each part
SEED = 1989
NO_MISTAKES = ("VariableReplacer", "VariableInserter", "BitOr", "BitAnd", "BitXor", "LShift", "RShift")  # ends of names
TIME = 600.0  # s for the tests of one mutant: many times what they need, as a machine may be busy
HEAVY = ("carla", "cv2", "hypothesis", "msgspec", "numpy", "rich.progress", "tyro")  # imported once, then forked
PASSED = 10  # exit status of the process of a mutant, plus that of pytest
CONTEXT: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")

Mutant = dict[str, Any]


def test_file(source: str) -> Path:
    """The tests of a file of the program."""
    path = Path(source)
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def count_sites(node: Any, operator: Any) -> int:
    """How often an operator can be applied in a syntax tree."""
    return len(list(operator.mutation_positions(node))) + sum(
        count_sites(child, operator) for child in getattr(node, "children", ())
    )


def list_mutants(part: str) -> list[Mutant]:
    """All mutants of a part."""
    found = []
    for path in sorted(ROOT.glob(PARTS[part])):
        source = path.relative_to(ROOT).as_posix()
        if not test_file(source).is_file():
            continue
        text = path.read_text(encoding="utf-8")
        digest, tree = hashlib.sha256(text.encode()).hexdigest()[:12], get_ast(text)
        for name in operator_names():
            if not name.endswith(NO_MISTAKES):
                mutant = {"file": source, "digest": digest, "operator": name.split("/")[1]}
                found += [mutant | {"number": n} for n in range(count_sites(tree, get_operator(name)()))]
    return found


def mutated_source(mutant: Mutant) -> str:
    """The source of a mutant's file with its change."""
    text = (ROOT / mutant["file"]).read_text(encoding="utf-8")
    return str(mutate_code(text, get_operator(f"core/{mutant['operator']}")(), mutant["number"]))


def changes_something(mutant: Mutant) -> bool:
    """Whether a mutant is another program, and not only annotated otherwise."""
    before = (ROOT / mutant["file"]).read_text(encoding="utf-8")
    try:
        return without_annotations(before) != without_annotations(mutated_source(mutant))
    except SyntaxError:
        return False  # nothing that anybody could have written by mistake


def without_annotations(text: str) -> str:
    """The syntax tree of a source, without annotations."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if getattr(node, name, None) is not None:
                setattr(node, name, ast.Constant(None))
    return ast.dump(tree)


def draw(part: str, size: int, seed: int) -> tuple[int, list[Mutant]]:
    """The number of mutants of a part, and a fixed sample of those that change something."""
    every = list_mutants(part)
    shuffled = random.Random(seed).sample(every, len(every))
    chosen: list[Mutant] = []
    for mutant in shuffled:
        if len(chosen) < size and changes_something(mutant):
            chosen.append(mutant)
    return len(every), chosen


def changed_lines(mutant: Mutant) -> tuple[int, str, str]:
    """Number, text and mutated text of the first changed line."""
    before = (ROOT / mutant["file"]).read_text(encoding="utf-8").splitlines()
    after = mutated_source(mutant).splitlines()
    for number, (old, new) in enumerate(zip(before, after, strict=False), 1):
        if old != new:
            return number, old.strip(), new.strip()
    return len(after), before[len(after)].strip(), ""


def try_mutant(mutant: Mutant) -> str:
    """What the tests of a mutant's file do."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / Path(mutant["file"]).name
        source.write_text(mutated_source(mutant), encoding="utf-8")
        return run_tests(mutant["file"], mutant["file"].removesuffix(".py").replace("/", "."), source)


def run_tests(file: str, module: str = "", source: Path | None = None) -> str:
    """What the tests of a file do, with another source for a module: "pass", "fail" or "too slow"."""
    child = CONTEXT.Process(target=_run_pytest, args=(test_file(file), module, str(source)))
    child.start()
    child.join(TIME)
    if child.is_alive():
        child.kill()
        child.join()
        return "too slow"
    if child.exitcode == 1:  # of the process, not of pytest: an exception before it ran
        raise SystemExit(f"the tests of {file} could not be run")
    return "pass" if child.exitcode == PASSED else "fail"


def _run_pytest(tests: Path, module: str, source: str) -> None:
    os.environ |= {"MUTATED": module, "MUTATED_SOURCE": source}
    os.chdir(ROOT)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the process ends
    flags = ["-x", "-p", "no:cacheprovider", "-p", "tests.mutated", "--hypothesis-profile", "mutants"]
    loaded = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what was imported before
    sys.exit(PASSED + pytest.main([*flags, *loaded, str(tests)]))


def identity(mutant: Mutant) -> tuple[Any, ...]:
    """What tells a mutant from others."""
    return tuple(mutant[name] for name in ("file", "digest", "operator", "number"))


def is_noticed(mutant: Mutant) -> bool:
    """Whether a mutant's tests noticed it."""
    return bool(mutant["tests"] != "pass")


def tried(part: str, size: int, seed: int, known: list[Mutant], *, again: bool) -> Iterator[tuple[int, list[Mutant]]]:
    """The number of mutants of a part, and the sample's results so far, after each one tried."""
    every, chosen = draw(part, size, seed)
    before = {identity(mutant): mutant for mutant in known if is_noticed(mutant) or not again}
    results = [before[identity(mutant)] for mutant in chosen if identity(mutant) in before]
    yield every, results
    missing = [mutant for mutant in chosen if identity(mutant) not in before]
    for source in {mutant["file"] for mutant in missing}:
        if (found := run_tests(source)) != "pass":
            raise SystemExit(f"the tests of {source} as it is: {found}; mend that first")
    for mutant in missing:
        line, old, new = changed_lines(mutant)
        results.append(mutant | {"line": line, "was": old, "now": new, "tests": try_mutant(mutant)})
        yield every, results


def report(parts: dict[str, Any]) -> str:
    """The table of all parts, and the mutants that nobody noticed."""
    lines = []
    for name, part in parts.items():
        survivors = [mutant for mutant in part["mutants"] if not is_noticed(mutant)]
        lines.append(f"{name:<14} {len(part['mutants']) - len(survivors)} of {len(part['mutants'])} noticed")
        lines += [f"    {m['file']}:{m['line']}\n      - {m['was']}\n      + {m['now']}" for m in survivors]
    mutants = [mutant for part in parts.values() for mutant in part["mutants"]]
    noticed = sum(map(is_noticed, mutants))
    return "\n".join([*lines, f"{noticed} of {len(mutants)} noticed ({noticed / max(1, len(mutants)):.1%})"])


def main() -> None:
    """The command line."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="which parts (default: all)")
    flags.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each part")
    flags.add_argument("--seed", type=int, default=SEED, help="another draws another sample, best into another --out")
    flags.add_argument("--again", action="store_true", help="try the survivors again")
    flags.add_argument("--out", type=Path, default=OUT, help="JSON file of the results")
    given = flags.parse_args()
    for name in HEAVY:
        import_module(name)
    parts: dict[str, Any] = json.loads(given.out.read_text(encoding="utf-8")) if given.out.is_file() else {}
    for part in given.parts:
        known = parts.get(part, {"mutants": []})["mutants"]
        for every, results in tried(part, given.sample, given.seed, known, again=given.again):
            parts[part] = {"mutants_in_all": every, "mutants": list(results)}
            given.out.parent.mkdir(parents=True, exist_ok=True)
            given.out.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
        print(report({part: parts[part]}), flush=True)
    print(report(parts))


if __name__ == "__main__":
    main()
