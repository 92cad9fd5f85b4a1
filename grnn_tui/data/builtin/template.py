"""A small notation for grammars, so that their words can be read as words.

    A [poor|2:shy|tall] {hero=heroes} lived in <village>. {Hero.he} was happy.

- `[a|b|c]` chooses one; `2:b` is twice as likely; choices nest, and an option may be empty;
- `<rule>` stands for the template of that name;
- `{hero=heroes}` draws a hero from the list `heroes` and writes the name; `{friend=heroes-hero}` draws another one;
- `{hero}` writes the name again, `{hero.he}` another field; `{Hero.he}` starts it with a capital.

A list holds entries; an entry is a mapping of fields to templates, or only a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grnn_tui.data.builtin.grammar import Draw, Grammar, Mention, Node, OneOf, Text, sequence

Entry = str | Mapping[str, str]

_TOKEN = re.compile(r"[\[\]|]|<[a-z-]+>|\{[^{}]*\}|[^\[\]|<{]+")
_MENTION = re.compile(r"(?P<variable>\w+)(?:=(?P<list>\w+)(?:-(?P<other>\w+))?)?(?:\.(?P<field>\w+))?")
_WEIGHT = re.compile(r"(\d+):")


def compile_grammar(start: str, rules: Mapping[str, str], lists: Mapping[str, Sequence[Entry]]) -> Grammar:
    """The grammar of the template `start`.

    Raises KeyError for a rule, list, field or variable that does not exist, ValueError for a template that cannot
    be read.
    """
    return Grammar(_Compiler(rules, lists).template(start))


def words(text: str) -> list[str]:
    """The entries of a list that is written with commas."""
    return [word.strip() for word in text.split(",")]


@dataclass(frozen=True)
class _Compiler:
    """Templates to nodes; each rule and each field is compiled once."""

    rules: Mapping[str, str]
    lists: Mapping[str, Sequence[Entry]]
    compiled: dict[str, Node] = field(default_factory=dict)
    list_of: dict[str, str] = field(default_factory=dict)

    def template(self, text: str) -> Node:
        """The node of a whole template."""
        tokens = _TOKEN.findall(text)
        if "".join(tokens) != text:
            raise ValueError(f"cannot read this template: {text!r}")
        node, used = self._sequence(tokens, 0)
        if used != len(tokens):
            raise ValueError(f"unbalanced brackets: {text!r}")
        return node

    def _sequence(self, tokens: Sequence[str], at: int) -> tuple[Node, int]:
        """The nodes from `at` to the end of the option or template, and where that is."""
        parts: list[Node] = []
        while at < len(tokens) and tokens[at] not in ("]", "|"):
            if tokens[at] == "[":
                node, at = self._choice(tokens, at + 1)
            else:
                node, at = self._piece(tokens[at]), at + 1
            parts.append(node)
        return sequence(parts or [Text("")]), at

    def _choice(self, tokens: Sequence[str], at: int) -> tuple[Node, int]:
        """The options from behind the opening bracket to behind the closing one."""
        tokens = list(tokens)
        options: list[Node] = []
        weights: list[int] = []
        while True:
            weight = _WEIGHT.match(tokens[at])
            if weight:
                tokens[at] = tokens[at][weight.end() :]
            weights.append(int(weight[1]) if weight else 1)
            option, at = self._sequence(tokens, at)
            options.append(option)
            if at == len(tokens):
                raise ValueError(f"a bracket is not closed: {''.join(tokens)!r}")
            if tokens[at] == "]":
                return OneOf(tuple(options), tuple(weights)), at + 1
            at += 1

    def _piece(self, token: str) -> Node:
        """A rule, a variable, or plain text."""
        if token.startswith("<"):
            name = token[1:-1]
            if token not in self.compiled:
                self.compiled[token] = self.template(self.rules[name])
            return self.compiled[token]
        if token.startswith("{"):
            return self._variable(token[1:-1])
        return Text(token)

    def _variable(self, text: str) -> Node:
        """A draw and its mention, or a mention alone."""
        match = _MENTION.fullmatch(text)
        if match is None:
            raise ValueError(f"cannot read this mention: {text!r}")
        capital = match["variable"][0].isupper()
        variable = match["variable"][0].lower() + match["variable"][1:]
        if match["list"] is not None and self.list_of.setdefault(variable, match["list"]) != match["list"]:
            raise ValueError(f"{variable} is drawn from two lists")
        mention = self._mention(variable, match["field"] or "name", capital)
        if match["list"] is None:
            return mention
        count = len(self.lists[match["list"]])
        return sequence([Draw(variable, count, match["other"]), mention])

    def _mention(self, variable: str, name: str, capital: bool) -> Node:
        """One node for each entry of the variable's list."""
        key = f"{variable}.{name}.{capital}"
        if key not in self.compiled:
            entries = []
            for entry in self.lists[self.list_of[variable]]:
                fields = {"name": entry} if isinstance(entry, str) else entry
                text = fields[name]
                entries.append(self.template(text[:1].upper() + text[1:] if capital else text))
            self.compiled[key] = Mention(variable, tuple(entries))
        return self.compiled[key]
