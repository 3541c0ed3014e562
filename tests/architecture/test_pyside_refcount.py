"""PySide6 neither loses references to None and True nor aborts: docs/decisions/0002-pyside6-6.9.3.md."""

from __future__ import annotations

import subprocess
import sys

# In a process of its own: the fault ends the interpreter, and other tests' references would hide it.
SCRIPT = """
import os, sys
from PySide6.QtCore import QObject, QPointF, Signal
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter, QPainterPath, QPen, QPolygonF

class Source(QObject):
    switched = Signal(bool)

app = QGuiApplication([])
image = QImage(64, 64, QImage.Format.Format_RGB32)
painter = QPainter(image)
polygon = QPolygonF([QPointF(0, 0), QPointF(9, 0), QPointF(9, 9)])
path = QPainterPath()
path.addPolygon(polygon)
pen, brush, source = QPen(QColor("black")), QColor("red"), Source()
calls = {
    "setPen": lambda: painter.setPen(pen), "setBrush": lambda: painter.setBrush(brush),
    "drawPolygon": lambda: painter.drawPolygon(polygon), "drawPath": lambda: painter.drawPath(path),
    "drawLine": lambda: painter.drawLine(1, 1, 9, 9), "drawText": lambda: painter.drawText(1, 9, "a"),
}
lost = []
for name, call in calls.items():
    before = sys.getrefcount(None)
    for _ in range(200):
        call()
    if before - sys.getrefcount(None) > 100:
        lost.append(name)
painter.end()
got = []
source.switched.connect(got.append)
for _ in range(20_000):
    source.switched.emit(True)
print("lost", lost, "got", len(got))
sys.stdout.flush()
os._exit(1 if lost or len(got) != 20_000 else 0)
"""


def test_no_reference_is_lost() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stdout + result.stderr
