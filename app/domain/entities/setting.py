"""The settings of a workspace: kept as records, so that a change of a day count has an author too."""

from __future__ import annotations

from app.domain.entity import Entity, entity
from app.domain.fields import text
from app.i18n import N_


@entity(label=N_("Setting"), cli="setting", key="name", title=("name", "value"))
class Setting(Entity):
    """One of the bureau's own numbers (see `domain/policy.py`), as text."""

    name: str = text(N_("Name"), length=60, required=True, unique=True)
    value: str = text(N_("Value"), length=500, required=True)
