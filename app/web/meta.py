"""What a shared page says about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageMeta:
    """Title, dates (ISO days), who made it, its secrecy in words, and whether it is the public edition.

    `remarks` are sentences under the legend, such as the headline numbers.
    """

    title: str
    as_of: str
    made_on: str
    made_by: str = ""
    secrecy: str = ""
    public: bool = False
    remarks: tuple[str, ...] = ()
