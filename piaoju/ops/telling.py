"""What a command says: lines for a person, or one JSON object a line for a program; progress only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sized
from typing import Any, Protocol, TypeVar

import typer
from rich.console import Console
from rich.progress import track

Item = TypeVar("Item", covariant=True)


class SizedIterable(Sized, Iterable[Item], Protocol[Item]):
    """Something that can be counted and walked through."""


class Teller:
    """One command's voice. Talk goes to standard error where the output is JSON's."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def step(self, text: str) -> None:
        """Something was done, or is about to be."""
        if self.as_json:
            print(json.dumps({"step": text}, ensure_ascii=False), flush=True)
        else:
            typer.echo(f"· {text}")

    def line(self, text: str) -> None:
        """A line for a person."""
        if not self.as_json:
            typer.echo(text)

    def result(self, result: dict[str, Any]) -> None:
        """The result, for a program: the last line so far."""
        if self.as_json:
            print(json.dumps(result, ensure_ascii=False), flush=True)

    def track(self, items: SizedIterable[Item], description: str) -> Iterator[Item]:
        """The items, with a progress bar on a terminal."""
        if self.as_json or not sys.stderr.isatty():
            self.step(f"{description}：{len(items)}")
            yield from items
        else:
            yield from track(items, description, console=Console(stderr=True))
