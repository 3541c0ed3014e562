"""Sending finished pages to a printer at their true size."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QWidget

from app.carto.view import MM_PER_INCH
from app.errors import StoreFailure
from app.i18n import N_
from app.printing.page import Page
from app.render.painter import paint_ops


def send_to_printer(pages: Sequence[Page], parent: QWidget) -> bool:
    """Let the user choose a printer and print; false when they changed their mind. Raises StoreFailure."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    _set_page(printer, pages[0])
    dialog = QPrintDialog(printer, parent)
    if dialog.exec() != QPrintDialog.DialogCode.Accepted:
        return False
    print_pages(pages, printer)
    return True


def print_pages(pages: Sequence[Page], printer: QPrinter) -> None:
    """Print every page at 1:1, its own margins kept; a numeric scale is only true when nothing is shrunk."""
    painter = QPainter()
    printer.setFullPage(True)
    _set_page(printer, pages[0])
    if not painter.begin(printer):
        raise StoreFailure(
            N_("The printer cannot be reached."),
            hint=N_("Save the sheet as a PDF and print that."),
            code="printer",
        )
    try:
        for number, page in enumerate(pages):
            if number:
                _set_page(printer, page)
                printer.newPage()
            paint_ops(painter, page.ops, printer.resolution() / MM_PER_INCH, vector=True)
    finally:
        painter.end()


def _set_page(printer: QPrinter, page: Page) -> None:
    size = QPageSize(QSizeF(page.width_mm, page.height_mm), QPageSize.Unit.Millimeter)
    printer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)))
