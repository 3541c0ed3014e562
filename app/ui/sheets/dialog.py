"""The print dialog: the order at the left, the page as it will be at the right, PDF or printer below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.carto.scale import scale_text
from app.i18n import N_, tr
from app.printing.page import Page
from app.ui import icons, metrics
from app.ui.desk import Desk
from app.ui.messages import ask
from app.ui.parts import fault, muted, say_fault, say_refusal
from app.ui.sheets.order import OrderForm
from app.ui.sheets.printer import send_to_printer
from app.ui.tasks import Callbacks, Token

_SETTLE_MS = 200
_WIDTH_PX = 1800


class SheetDialog(QDialog):
    """The preview is made of the same pages the PDF is."""

    def __init__(self, desk: Desk, page: str, shown: tuple[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.pages: Sequence[Page] = ()
        self._at = 0
        self.setWindowTitle(tr(N_("Print")))
        self.form = OrderForm(page, shown)
        self.preview = _Preview()
        self._about = muted()
        self._fault = fault()
        self._delay = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._delay.timeout.connect(self._make)
        self.form.changed.connect(self._delay.start)
        self.form.sheet_chosen.connect(self._ask_scopes)
        self.pdf, self.printer = QPushButton(tr(N_("Save as PDF…"))), QPushButton(tr(N_("Print…")))
        self._lay_out()
        metrics.open_at(self, metrics.grid(320), metrics.grid(220))
        self._ask_scopes(str(self.form.sheet.currentData()))

    def _ask_scopes(self, sheet: str) -> None:
        def work(session: Any, _: Token) -> list[tuple[str, str]]:
            from app.actions.sheets import choices_of  # late: actions load after the first paint

            return choices_of(session, sheet)

        selected = self._desk.selection.now.current
        self._desk.read(self, work, lambda found: self.form.show_scopes(found, selected), topic="scopes")

    def _make(self) -> None:
        order = self.form.order()
        say_fault(self._fault, "")
        self._about.setText(tr(N_("Drawing the sheet…")))
        for button in (self.pdf, self.printer):
            button.setEnabled(False)

        def work(session: Any, token: Token) -> Sequence[Page]:
            from app.actions.sheets import sheet_pages  # late: actions load after the first paint

            return [] if token.cancelled() else sheet_pages(session, order)

        self._desk.read(
            self, work, Callbacks(self._take, self._refused), topic="pages", title=tr(N_("Drawing the sheet"))
        )

    def _take(self, pages: Sequence[Page]) -> None:
        self.pages, self._at = pages, 0
        for button in (self.pdf, self.printer):
            button.setEnabled(bool(pages))
        self._draw()

    def _draw(self) -> None:
        if not self.pages:
            return
        page = self.pages[self._at]
        size = f"{page.width_mm:.0f} × {page.height_mm:.0f} mm"
        scale = scale_text(page.scale) if page.scale else ""
        number = tr(N_("Page {at} of {n}"), at=self._at + 1, n=len(self.pages))
        self._about.setText(" · ".join(part for part in (page.title, size, scale, number) if part))
        self._earlier.setEnabled(self._at > 0)
        self._later.setEnabled(self._at < len(self.pages) - 1)

        def work(_: Token) -> QImage:
            from app.render.preview import page_image_of_width

            return page_image_of_width(page, _WIDTH_PX)

        self._desk.tasks.run(self, work, self.preview.show_image, topic="preview")

    def _turn(self, step: int) -> None:
        self._at = min(max(0, self._at + step), len(self.pages) - 1)
        self._draw()

    def _refused(self, error: Exception) -> None:
        self._about.clear()
        if say_refusal(self._fault, error, self._desk.failed.emit):
            self.preview.show_image(QImage())

    # ---- out

    def save(self) -> None:
        """Ask for a file, then write the PDF in a thread."""
        folder = Path(self._desk.preferences.last_workspace or Path.home()).parent
        title = (self.pages[0].title if self.pages else "") or tr(N_("sheet"))
        name, _ = QFileDialog.getSaveFileName(
            self, tr(N_("Save as PDF")), str(folder / f"{title}.pdf"), "PDF (*.pdf)"
        )
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the pages of the preview into a PDF."""
        pages = self.pages

        def work(_: Token) -> Path:
            from app.render.pdf import write_pdf

            write_pdf(pages, path)
            return path

        self._desk.tasks.run(
            self, work, Callbacks(self._saved, self._refused), title=tr(N_("Writing the PDF"))
        )

    def _saved(self, path: Path) -> None:
        self._desk.said.emit(tr(N_("The sheet is in {path}"), path=path))
        if ask(self, tr(N_("The sheet is in {path}"), path=path), tr(N_("Open it"))):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def print_out(self) -> None:
        """Choose a printer and print."""
        if self.pages and send_to_printer(self.pages, self):
            self._desk.said.emit(tr(N_("Sent to the printer")))

    # ---- layout

    def _lay_out(self) -> None:
        self._earlier, self._later = QPushButton("‹"), QPushButton("›")
        leave = QPushButton(tr(N_("Close")))
        words = ((self._earlier, N_("Earlier page")), (self._later, N_("Later page")))
        for button, label in words:
            button.setToolTip(tr(label))
            button.setAccessibleName(tr(label))
            button.setEnabled(False)
        icons.wear(self.printer, "print")
        self.pdf.setDefault(True)
        runs = (
            (self._earlier, lambda: self._turn(-1)),
            (self._later, lambda: self._turn(1)),
            (self.pdf, self.save),
            (self.printer, self.print_out),
            (leave, self.reject),
        )
        for button, run in runs:
            button.setAutoDefault(button is self.pdf)
            button.clicked.connect(run)
        foot = QHBoxLayout()
        for box in (self._earlier, self._later):
            foot.addWidget(box)
        foot.addWidget(self._about, 1)
        for box in (self.pdf, self.printer, leave):
            foot.addWidget(box)
        right = QVBoxLayout()
        right.addWidget(self.preview, 1)
        right.addWidget(self._fault)
        right.addLayout(foot)
        self.form.setFixedWidth(metrics.chars(40))
        across = QHBoxLayout(self)
        metrics.tight(across, 3, 3)
        across.addWidget(self.form)
        across.addLayout(right, 1)


class _Preview(QLabel):
    """The page, as large as the room allows."""

    def __init__(self) -> None:
        super().__init__(alignment=Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAccessibleName(tr(N_("Preview")))
        self._image = QImage()

    def show_image(self, image: QImage) -> None:
        """Take a picture of the page; an empty one clears the preview."""
        self._image = image
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scale again."""
        self._fit()

    def _fit(self) -> None:
        if self._image.isNull():
            self.clear()
            return
        ratio = self.devicePixelRatioF()
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        picture = QPixmap.fromImage(self._image.scaled(self.size() * ratio, keep, smooth))
        picture.setDevicePixelRatio(ratio)
        self.setPixmap(picture)
