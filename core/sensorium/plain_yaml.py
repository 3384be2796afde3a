"""YAML as recipes are written in: plain values alone, each key once.

Every reader of YAML goes through here. Tags that construct objects are refused, as are aliases:
nine lines of them can stand for billions of values. Of a key that stands twice YAML's own reader
takes the last one without a word, and whoever wrote the first wonders why it has no effect.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml


class YamlError(ValueError):
    """Text that is not plain YAML; what is wrong, on one line."""


def parse(text: str) -> Any:
    """The values of one YAML document; YamlError where it is none, or no plain one."""
    try:
        return yaml.load(text, _PlainLoader)
    except RecursionError as error:
        raise YamlError("it is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(" ".join(str(error).split())) from error


class _PlainLoader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        # Before the keys of a merge (<<) are laid beneath its own: these may be repeated.
        lines: dict[Hashable, int] = {}
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            key = "<<" if key_node.tag == _MERGE else self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # what is wrong with it is said by the class above
            if key in lines:
                raise yaml.YAMLError(
                    f"the key '{key}' stands twice, in line {lines[key]} and again in line {line}"
                )
            lines[key] = line
        return super().construct_mapping(node, deep)


_MERGE = "tag:yaml.org,2002:merge"
