"""How the window looks: Fusion with our own light and dark palette, and a few rules drawn from the same
colours."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from app.render.fonts import family
from app.resources import resource
from app.ui import metrics

POINTS = 10.0
_FRAMED = ("QComboBox", "QAbstractSpinBox")
_SHADE = 140  # percent by which Fusion darkens the window for a frame


@dataclass(frozen=True)
class Colours:
    """The colours of one appearance; every text on its ground has a contrast of at least 4.5."""

    dark: bool
    window: str
    panel: str
    base: str
    stripe: str
    text: str
    muted: str
    border: str
    hover: str
    accent: str
    on_accent: str
    selection: str
    danger: str
    warning: str
    good: str
    notice: str


LIGHT = Colours(
    dark=False,
    window="#eef1f4",
    panel="#f8fafb",
    base="#ffffff",
    stripe="#f4f7f9",
    text="#1d2730",
    muted="#566470",
    border="#cbd4db",
    hover="#e1e8ee",
    accent="#0b6a9c",
    on_accent="#ffffff",
    selection="#cfe6f4",
    danger="#b3261e",
    warning="#8a5200",
    good="#1f6b2a",
    notice="#fff3d6",
)
DARK = Colours(
    dark=True,
    window="#1b2127",
    panel="#222a31",
    base="#182026",
    stripe="#1e262d",
    text="#e6ebef",
    muted="#a5b1bb",
    border="#3b4751",
    hover="#2f3a43",
    accent="#5db6e4",
    on_accent="#0b1a24",
    selection="#1b4258",
    danger="#ff8a80",
    warning="#ffb95c",
    good="#7fd08a",
    notice="#43371a",
)

_current = LIGHT


def colours() -> Colours:
    """The colours in use."""
    return _current


def load_fonts() -> None:
    """Register the bundled Chinese font and make it the application's."""
    font = QFont(family())
    font.setPointSizeF(POINTS)
    QApplication.setFont(font)


def apply_theme(choice: str) -> Colours:
    """Dress the application: `light`, `dark`, or `system` for what the desktop says."""
    global _current
    _current = DARK if choice == "dark" or (choice == "system" and _system_is_dark()) else LIGHT
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setStyle("Fusion")
        app.setPalette(palette_of(_current))
        for kind in _FRAMED:
            app.setPalette(_framed(_current), kind)  # type: ignore[arg-type]  # PySide takes str, says bytes
        rules = _rules(_current)
        if app.styleSheet() != rules:  # dressing every widget again takes its time
            app.setStyleSheet(rules)
    return _current


def _system_is_dark() -> bool:
    return bool(QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark)


def palette_of(look: Colours) -> QPalette:
    """The Qt palette of an appearance."""
    palette = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: look.window,
        role.WindowText: look.text,
        role.Base: look.base,
        role.AlternateBase: look.stripe,
        role.Text: look.text,
        role.PlaceholderText: look.muted,
        role.Button: look.panel,
        role.ButtonText: look.text,
        role.ToolTipBase: look.panel,
        role.ToolTipText: look.text,
        role.Highlight: look.selection,
        role.HighlightedText: look.text,
        role.Link: look.accent,
        role.LinkVisited: look.accent,
        role.BrightText: look.danger,
        role.Light: look.panel,
        role.Midlight: look.hover,
        role.Mid: look.border,
        role.Dark: look.border,
        role.Shadow: look.border,
        role.Accent: look.accent,
    }
    for which, colour in pairs.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(look.muted))
    return palette


def _framed(look: Colours) -> QPalette:
    """The palette of boxes that Fusion frames with a darker shade of the window: that shade is the border."""
    palette = palette_of(look)
    if look.dark:  # on a light window Fusion's own shade is seen
        palette.setColor(QPalette.ColorRole.Window, QColor(look.border).lighter(_SHADE))
    return palette


def _rules(look: Colours) -> str:
    sizes = {
        "pad": 1.5,
        "small": 1.0,
        "wide_pad": 3.0,
        "radius": 1.0,
        "button": 4.0,
        "box": 3.0,
        "round": 1.5,
    }
    values = {name: str(metrics.grid(steps)) for name, steps in sizes.items()}
    template = Template(resource("window.qss").read_text("utf-8"))
    return template.substitute(values, **{key: str(value) for key, value in asdict(look).items()})
