"""What `alvinn` and `alvinn JOB --help` print: a screen each, made from the jobs' settings and their docstrings."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from rich.console import Console
from rich.table import Table
from rich.text import Text

GROUPS = {
    "drive": "Drive",
    "learn": "Learn",
    "judge": "Judge",
    "teach": "Teach",
    "tools": "Tools",
}
VALUES = {int: "N", float: "X", Path: "PATH", str: "TEXT"}


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job's settings are defined, what it does in one sentence, and how its help presents it."""

    module: str
    settings: str
    summary: str
    group: str = "tools"
    """one of GROUPS"""
    matters: tuple[str, ...] = ()
    """the settings that its help explains; the others are only named"""
    example: str = ""
    """what to type after `alvinn`"""

    def load(self) -> Callable[..., Any]:
        """Import the dataclass of its settings; only the requested job is imported, since that takes time."""
        found: Callable[..., Any] = getattr(import_module(f"alvinn.jobs.{self.module}"), self.settings)
        return found

    def make_placeholder(self) -> Callable[[], None]:
        """A function with the summary as its docstring, for the shell's completion of the jobs' names."""

        def placeholder() -> None:
            pass

        placeholder.__doc__ = self.summary
        return placeholder


@dataclass(frozen=True, slots=True)
class Flag:
    """A setting as the help shows it."""

    name: str
    """with its dashes; in capitals where it is positional"""
    value: str
    """what is to be given; empty for a switch"""
    text: str

    @property
    def usage(self) -> str:
        """Name and value."""
        return f"{self.name} {self.value}".strip()


def greet(jobs: Mapping[str, Job], command: str, starts: Mapping[str, str], console: Console) -> None:
    """Print what alvinn is, what to type first, and the jobs in groups.

    Args:
        jobs: every job by its name.
        command: how alvinn is called here.
        starts: what to type first, after `command`, and what it does.
        console: where to print.
    """
    console.print("alvinn: a car that learns to steer by watching, after ALVINN of 1989.", highlight=False)
    for words, what in starts.items():
        text = Text.assemble(f"\n{what}:\n  ", (f"{command} {words}", "cyan"))
        console.print(text, soft_wrap=True)
    grid = Table.grid(padding=(0, 2))
    for group, title in GROUPS.items():
        members = [(name, job) for name, job in jobs.items() if job.group == group]
        for number, (name, job) in enumerate(members):
            grid.add_row(Text("" if number else title, "bold"), Text(name, "cyan"), Text(job.summary))
    console.print("", grid, sep="\n")
    console.print(f"\n{command} JOB --help explains a job.", highlight=False)


def explain(name: str, job: Job, command: str, console: Console, *, everything: bool = False) -> None:
    """Print the help of a job: usage, an example and the settings that matter; or all of them.

    Args:
        name: of the job.
        job: the job.
        command: how alvinn is called here.
        console: where to print.
        everything: explain every setting.
    """
    flags = list_flags(job.load())
    usage = ["usage:", command, name, *(f"[{flag.name}]" for flag in flags.values() if _is_word(flag)), "[flags]"]
    console.print(" ".join(usage), highlight=False)
    console.print(f"\n{job.summary}", highlight=False)
    if job.example:
        console.print(f"For example:\n  {command} {job.example}", highlight=False, soft_wrap=True)
    words = [key for key, flag in flags.items() if _is_word(flag)]
    shown = [flags[key] for key in dict.fromkeys((*words, *(job.matters if job.matters and not everything else flags)))]
    console.print("", _two_columns([(flag.usage, flag.text) for flag in shown]), sep="\n")
    others = dict.fromkeys(_shorten(flag.name) for flag in flags.values() if flag not in shown)
    if others:
        console.print(f"\nFurther: {', '.join(others)}.", highlight=False)
        console.print(f"{command} {name} --help all explains them.", highlight=False)


def list_flags(settings: Any, prefix: str = "", usual: Any = None) -> dict[str, Flag]:
    """The settings of a job by their names, those of nested dataclasses with a dot, as the command line takes them.

    Args:
        settings: a dataclass.
        prefix: of the names.
        usual: an instance with the defaults, where a job has others than the dataclass itself.
    """
    found: dict[str, Flag] = {}
    hints, texts = get_type_hints(settings, include_extras=True), _read_docstrings(settings)
    lists = {one.name for one in fields(settings) if isinstance(default := find_default(one), str) and default}
    for one in fields(settings):
        hint, text = hints[one.name], " ".join(texts.get(one.name, "").split())
        if is_dataclass(hint):
            found |= list_flags(hint, f"{prefix}{one.name}.", find_default(one))
        elif f"{one.name}s" not in lists:  # as --map, where --maps names some already and the two exclude each other
            default = find_default(one) if usual is None else getattr(usual, one.name)
            found[prefix + one.name] = _make_flag(one, hint, prefix, text, default)
    return found


def find_default(one: Field[Any]) -> Any:
    """The default of a field of a dataclass."""
    return one.default if one.default_factory is MISSING else one.default_factory()


def _make_flag(one: Field[Any], hint: Any, prefix: str, text: str, default: Any) -> Flag:
    import tyro  # half of the time until the list of jobs is printed, which does without

    kind, extras = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is Annotated else (hint, ())
    name = next((extra.name for extra in extras if getattr(extra, "name", None)), one.name)
    flag = "--" + f"{prefix}{name}".replace("_", "-")
    if kind is bool:
        off = flag.replace("--", "--no-", 1)
        return Flag(off if default else flag, "", f"do not {text}" if default else text)
    if tyro.conf.Positional in extras:
        return Flag(name.upper(), "", text)
    choices = _list_choices(kind)
    if choices and not all(choice in text for choice in choices):
        text = f"{text} ({', '.join(choices)})"
    if default not in {None, "", ()} and "(default" not in text:
        text += f" (default: {default})"
    return Flag(flag, _describe_value(kind), text)


def _list_choices(kind: Any) -> list[str]:
    """The names that a type allows, if it allows only some."""
    kinds = get_args(kind)
    if get_origin(kind) is Literal:
        return [str(one) for one in kinds]
    return _list_choices(kinds[0]) if kinds else []


def _describe_value(kind: Any) -> str:
    """What is to be given for a type."""
    kinds = [one for one in get_args(kind) if one not in {NoneType, Ellipsis}]
    if get_origin(kind) is Literal:
        return "NAME"
    if get_origin(kind) is tuple:
        return f"{_describe_value(kinds[0])} ..."
    return VALUES.get(kind) or _describe_value(kinds[0])


def _read_docstrings(settings: Any) -> dict[str, str]:
    """The docstring below each attribute of a class and of those that it inherits from."""
    found: dict[str, str] = {}
    for one in reversed(inspect.getmro(settings)[:-1]):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        found |= dict(_pair_docstrings(tree))
    return found


def _pair_docstrings(tree: ast.stmt) -> Iterator[tuple[str, str]]:
    for attribute, below in pairwise(getattr(tree, "body", ())):
        match attribute, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, text


def _two_columns(rows: list[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for left, right in rows:
        grid.add_row(Text(f"  {left}", "cyan"), Text(right))
    return grid


def _is_word(flag: Flag) -> bool:
    return not flag.name.startswith("-")


def _shorten(name: str) -> str:
    """A nested setting as a member of its group."""
    group, dot, _ = name.partition(".")
    return f"{group}{dot}*" if dot else name
