"""HTML and SVG as a small tree that is written in one place, where every text is made inert and escaped.

Only the tags and attributes of the tables below can be made: none of them runs anything, and none fetches
anything. So what a page of ours can do does not depend on what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Final, TypeAlias

from msgspec import Struct

from desk.domain.inert import inert

Node: TypeAlias = "Element | str"
#: What a look is written as: a class of a style sheet, or the declarations themselves.
Dress: TypeAlias = Callable[[str], str]

SVG_TAGS: Final = frozenset({"svg", "title", "desc", "rect", "line", "path", "circle", "text"})
_FRAME: Final = frozenset({"html", "head", "meta", "body", "header", "main", "section", "article", "style"})
_WORDS: Final = frozenset(
    {"div", "span", "p", "b", "h1", "h2", "h3", "ul", "li", "blockquote", "pre", "code"}
)
_TABLE: Final = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
_SHOWN: Final = frozenset({"figure", "figcaption", "details", "summary", "img", "a"})
TAGS: Final = SVG_TAGS | _FRAME | _WORDS | _TABLE | _SHOWN
VOID: Final = frozenset({"meta", "img"})
_NAMES: Final = frozenset({"id", "lang", "charset", "name", "content", "http-equiv", "href", "src", "xmlns"})
_TOLD: Final = frozenset({"alt", "role", "aria-hidden", "aria-label"})
_PLACED: Final = frozenset({"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "d", "width", "height"})
ATTRIBUTES: Final = _NAMES | _TOLD | _PLACED | {"viewBox", "text-anchor", "transform"}
#: Where an address may lead: within the page, or nowhere because it is the picture itself.
ADDRESSES: Final = {"href": "#", "src": "data:image/svg+xml;base64,"}
#: No text of a page is longer; whoever needs all of it has the record.
LONGEST_TEXT: Final = 25_000


class Element(Struct, frozen=True):
    """A tag with its looks (see ``desk.view.looks``), attributes and children. Made by ``el``."""

    tag: str
    looks: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Node, ...]


def el(tag: str, *children: Node | None, look: str = "", **attributes: object) -> Element:
    """An element. ``_`` in an attribute's name is ``-``; one that is None is left out, as is a child.

    Raises:
        ValueError: a tag, an attribute or an address that no page of ours has.
    """
    named = {key.strip("_").replace("_", "-"): str(it) for key, it in attributes.items() if it is not None}
    if tag not in TAGS or not named.keys() <= ATTRIBUTES:
        raise ValueError(f"<{tag} {' '.join(named)}> is no part of a page")
    if not all(named[key].startswith(start) for key, start in ADDRESSES.items() if key in named):
        raise ValueError("an address that leads out of the page")
    if tag == "style" and any("<" in str(one) for one in children):
        raise ValueError("a style sheet is of our own making and holds no tag")
    return Element(tag, look, tuple(named.items()), tuple(one for one in children if one is not None))


def written(node: Node, dress: Dress) -> str:
    """The text of a tree."""
    if isinstance(node, str):
        return text(node)
    attributes = "".join(f' {name}="{text(value)}"' for name, value in node.attributes)
    worn = dress(node.looks) if node.looks else ""
    start = f"<{node.tag}{worn}{attributes}"
    if node.tag in VOID:
        return f"{start}>"
    if node.tag == "style":
        return f"{start}>{''.join(map(str, node.children))}</style>"
    inside = "".join([written(one, dress) for one in node.children])
    if not inside and node.tag in SVG_TAGS:
        return f"{start}/>"
    return f"{start}>{inside}</{node.tag}>"


def text(value: str) -> str:
    """Any text, as it may stand between tags and in attributes."""
    if len(value) > LONGEST_TEXT and not value.startswith(ADDRESSES["src"]):
        value = f"{value[:LONGEST_TEXT]} […]"
    return escape(inert(value))


def as_classes(looks: str) -> str:
    """Looks as classes of the sheet in ``desk.view.looks``."""
    return f' class="{" ".join(f"d-{look}" for look in looks.split())}"'


def as_styles(declared: Mapping[str, str]) -> Dress:
    """Looks as ``style`` attributes: for notebooks, whose hosts take style sheets away."""

    def dress(looks: str) -> str:
        styles = ";".join([declared[look] for look in looks.split() if declared.get(look)])
        return f' style="{escape(styles)}"' if styles else ""

    return dress


def parts(nodes: Iterable[Node], between: str = " ") -> tuple[Node, ...]:
    """The nodes with a text between them."""
    found: list[Node] = []
    for node in nodes:
        found += [node] if not found else [between, node]
    return tuple(found)
